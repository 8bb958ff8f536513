export { type AmountRange, type AmountRule, type Direction, maxCredits, minCredits } from './amount.ts'
export { createPool, type TransactionClient } from './database.ts'
export { ledgerErrorOf } from './database-errors.ts'
export type { LedgerBalance, LedgerEntry, LedgerMetadata } from './entry.ts'
export {
  BalanceOutOfRangeError,
  DatabaseUnavailableError,
  DuplicateNonceError,
  type FieldError,
  InsufficientBalanceError,
  LedgerError,
  type LedgerErrorCode,
  ledgerErrors,
  type PostingError,
  postingErrors,
  ServerOutdatedError,
  TransactionConflictError,
  ValidationError,
} from './errors.ts'
export { nonceSchema, ownerIdSchema, parseInput, textSchema } from './input.ts'
export {
  createLedger,
  type Ledger,
  type LedgerOptions,
  type PostEntryResult,
} from './ledger.ts'
export type { OperationInfo } from './operation-info.ts'
export {
  defineOperations,
  type OperationDefinition,
  type OperationOf,
  type Operations,
  type SharedOperation,
  sharedOperations,
} from './operations.ts'
export type { EntryPage, PageInput } from './page.ts'
export type { PostEntryInput, PostedEntry } from './post-entry.ts'
export type { PostingEvent } from './posting-event.ts'
export type { EntriesInput, LedgerReads } from './reads.ts'
