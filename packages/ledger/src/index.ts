export { type AccountState, accountStates } from './account-state.ts'
export { assertAppName } from './app-name.ts'
export { type AppRefusal, defineRefusal, type RefusalClass, type RefusalFacts } from './app-refusals.ts'
export { type OwnerRowsInput, rowIdOf, rowsOfOwner } from './app-rows.ts'
export type {
  LedgerCommand,
  LedgerCommands,
  LedgerResult,
  PostEntryResult,
} from './commands.ts'
export { readBounds } from './database/bounds.ts'
export { createPool, prismaOptions } from './database/database.ts'
export { ledgerErrorOf } from './database/database-errors.ts'
export type { PrismaTransaction, RunSql, RunTransaction, TransactionClient } from './database/sql.ts'
export { TransactionAbortedError, TransactionEndedError } from './database/transaction-errors.ts'
export type {
  Expiring,
  HoldStatus,
  LedgerBalance,
  LedgerEntry,
  LedgerHold,
  LedgerLot,
  LedgerMetadata,
  LedgerTransaction,
  LotUse,
  NamedOperation,
  PastBalance,
} from './entry.ts'
export {
  AccountBusyError,
  AccountStateError,
  AlreadyReversedError,
  BalanceOutOfRangeError,
  DatabaseUnavailableError,
  DuplicateHoldError,
  DuplicateNonceError,
  type FieldError,
  HoldEndedError,
  InsufficientBalanceError,
  LedgerError,
  LimitReachedError,
  LotEndedError,
  NotFoundError,
  NotReversibleError,
  OverdraftInUseError,
  OverloadedError,
  RefundExceededError,
  ServerOutdatedError,
  SubscriberTooSlowError,
  TransactionConflictError,
  ValidationError,
} from './errors.ts'
export {
  type InputField,
  inputFieldsOf,
  isOwner,
  isPrincipal,
  type LedgerErrorCode,
  ledgerErrors,
  limits,
  type OwnerPrincipal,
  type Principal,
  type Scope,
  type ServicePrincipal,
  scopes,
} from './facts.ts'
export {
  amountSchema,
  idSchema,
  nonceSchema,
  ownerIdSchema,
  positiveAmountSchema,
  textSchema,
} from './input.ts'
export { inputReader } from './input-reader.ts'
export { createLedger, type Ledger, type LedgerOptions } from './ledger.ts'
export type { LedgerLive, LiveEntry, LiveInput } from './live/live.ts'
export { parseMoment } from './moment.ts'
export type {
  LedgerOnce,
  OncePosting,
  OnceResult,
  OnceWork,
  Posted,
  PrismaTransactions,
  Replay,
} from './once/types.ts'
export {
  type AmountRange,
  type AmountRule,
  type Direction,
  maxCredits,
  minCredits,
} from './operations/amount.ts'
export { defineOperations } from './operations/define-operations.ts'
export type { OperationInfo } from './operations/operation-info.ts'
export {
  accountOperations,
  type BookOf,
  type Books,
  type Exchange,
  type ExchangeOperationOf,
  hasLots,
  isPublic,
  type LotDefinition,
  type LotExpiry,
  type LotKind,
  limitWindows,
  lotKinds,
  lotOperations,
  lotPeriods,
  type NamedBookOf,
  type OperationDefinition,
  type OperationLimit,
  type OperationOf,
  type Operations,
  type PostOperationOf,
  type PublicOperationOf,
  type SharedOperation,
  sharedOperations,
  transferOperations,
} from './operations/operations.ts'
export type { RefundEntryInput, ReverseTransactionInput } from './posting/corrections.ts'
export type { EntryInput } from './posting/draft.ts'
export { type ExchangeInput, exchangeEntries, hasExchanges } from './posting/exchange.ts'
export type {
  CapturedHold,
  CaptureHoldInput,
  HoldInput,
  PostedHold,
  ProlongHoldInput,
} from './posting/holds.ts'
export type { OverdraftInput, SetOverdraft } from './posting/overdraft.ts'
export type { PostEntryInput, PostedEntry } from './posting/post-entry.ts'
export { type PostingCall, type PostingEvent, type PostingRetry, postingSignals } from './posting/signals.ts'
export type { PostedTransaction, PostTransactionInput } from './posting/transaction.ts'
export { hasTransfers, type TransferInput } from './posting/transfer.ts'
export type { VoidLotInput } from './posting/void.ts'
export type {
  AccountEntriesInput,
  AccountEntry,
  AccountEntryPage,
  OtherAppsEntry,
} from './reading/account-entries.ts'
export {
  type AccountOrder,
  type AccountPage,
  type AccountsInput,
  accountOrders,
  type LedgerAccount,
} from './reading/accounts.ts'
export type { EntriesInput, EntryOrder, EntryPage } from './reading/entries.ts'
export type { LotPage, LotsInput, LotUsePage, LotUsesInput } from './reading/lots.ts'
export type { Page, PageInput } from './reading/page.ts'
export type { InBook, LedgerReads } from './reading/reads.ts'
export {
  type LotSummaryInput,
  type LotSummaryLine,
  type SummaryInput,
  type SummaryLine,
  type SummaryWindow,
  summarySize,
  summaryWindows,
} from './reading/summary.ts'
export type { LedgerTotals, OutstandingInput, OutstandingLine } from './reading/totals.ts'
export {
  type CaptureError,
  type CorrectionError,
  errorsOf,
  type HoldError,
  type OverdraftError,
  type PostingError,
  type ProlongError,
  type Refusal,
  type RefusalClasses,
  type ReleaseError,
  type VoidError,
} from './refusals.ts'
export type { Activity } from './status/activity.ts'
export type { LedgerLoad, LedgerStatus, ServerProcess, VerifyRun } from './status/status.ts'
export { type LedgerTracer, tracing } from './tracing.ts'
