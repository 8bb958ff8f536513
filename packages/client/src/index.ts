export { type BooksOption, createLedgerClient, type LedgerClient, type VariablesArgument } from './client.ts'
export type { LedgerCommands } from './commands.ts'
export type { EntriesPostedInput, LiveEntry } from './entries-posted.ts'
export { LedgerClientError, type LedgerClientFailure } from './errors.ts'
export type {
  AccountFilter,
  BatchEntryInput,
  CaptureHoldInput,
  EntryFilter,
  EntryInput,
  ExchangeInput,
  HoldCreditsInput,
  InBook,
  Moment,
  PageInput,
  PostEntryInput,
  PostingInput,
  PostTransactionInput,
  RefundEntryInput,
  ReverseTransactionInput,
  SetOverdraftInput,
  SummaryInput,
  TransferInput,
} from './inputs.ts'
export type { LedgerReads } from './reads.ts'
export type {
  AccountStateRefusal,
  AlreadyReversedRefusal,
  BalanceOutOfRangeRefusal,
  CaptureRefusal,
  CorrectionRefusal,
  DuplicateHoldRefusal,
  DuplicateNonceRefusal,
  HoldEndedRefusal,
  HoldRefusal,
  InsufficientBalanceRefusal,
  LimitReachedRefusal,
  NotFoundRefusal,
  NotReversibleRefusal,
  OverdraftInUseRefusal,
  PostingRefusal,
  RefundExceededRefusal,
  ValidationRefusal,
} from './refusals.ts'
export type {
  CaptureHoldResult,
  ExchangeResult,
  HoldCreditsResult,
  PostEntryResult,
  PostTransactionResult,
  RefundEntryResult,
  ReleaseHoldResult,
  ReverseTransactionResult,
  SetOverdraftResult,
  TransferResult,
} from './results.ts'
export type { RetryPolicy } from './retry.ts'
export type { LedgerClientOptions } from './transport.ts'
export type {
  AccountEntry,
  AccountEntryPage,
  AccountPage,
  AvailableBalance,
  EntryPage,
  LedgerAccount,
  LedgerBalance,
  LedgerDirection,
  LedgerEntry,
  LedgerEntryOrder,
  LedgerHold,
  LedgerHoldStatus,
  LedgerOperationInfo,
  LedgerSummaryLine,
  LedgerSummaryWindow,
  LedgerTransaction,
  PageInfo,
  SharedOperation,
} from './types.ts'
