export { createLedgerClient, type LedgerClient, type VariablesArgument } from './client.ts'
export { LedgerClientError, type LedgerClientFailure } from './errors.ts'
export type {
  BalanceOutOfRangeRefusal,
  DuplicateNonceRefusal,
  InsufficientBalanceRefusal,
  PostEntryResult,
  PostEntrySuccess,
  ValidationRefusal,
} from './post-entry.ts'
export type { RetryPolicy } from './retry.ts'
export type { LedgerClientOptions } from './transport.ts'
export type {
  EntryFilter,
  EntryPage,
  LedgerBalance,
  LedgerDirection,
  LedgerEntry,
  LedgerOperationInfo,
  PageInfo,
  PageInput,
  PostEntryInput,
  SharedOperation,
} from './types.ts'
