import type { LedgerBalance, LedgerEntry } from './entry.ts'

/** Every code with which the ledger refuses, what it means, and whether the same request may succeed later. */
export const ledgerErrors = {
  VALIDATION_ERROR: { retryable: false, meaning: 'A field breaks a rule; `errors` names each.' },
  INSUFFICIENT_BALANCE: {
    retryable: false,
    meaning: 'The account has fewer credits than the posting takes.',
  },
  DUPLICATE_NONCE: {
    retryable: false,
    meaning: 'The owner has a posting with this nonce; it is in `entry`.',
  },
  BALANCE_OUT_OF_RANGE: { retryable: false, meaning: 'The balance would go beyond 2^53 - 1 credits.' },
  TRANSACTION_CONFLICT: {
    retryable: true,
    meaning:
      'PostgreSQL gave up the transaction, since another was in its way (40001, 40P01, 55P03, 57014). Nothing was posted.',
  },
  SERVER_OUTDATED: {
    retryable: true,
    meaning:
      'The operation was added or dropped after this server was started. A newer server of the app knows it.',
  },
  DATABASE_UNAVAILABLE: {
    retryable: true,
    meaning: 'The database could not be reached. Retry with the same nonce: nothing is ever posted twice.',
  },
} as const satisfies Record<string, { retryable: boolean; meaning: string }>

/** The closed union of the ledger's error codes. */
export type LedgerErrorCode = keyof typeof ledgerErrors

/** Any refusal of the ledger. Its message is for people and gives nothing internal away. */
export abstract class LedgerError extends Error {
  abstract readonly code: LedgerErrorCode

  /** Whether the same request, with the same nonce, may succeed later. */
  get retryable(): boolean {
    return ledgerErrors[this.code].retryable
  }
}

/** What is wrong with one field of an input. */
export interface FieldError {
  /** The field's name, such as `amount` or `metadata.colour`. */
  readonly field: string
  readonly message: string
}

/** A field breaks a rule. Nothing was posted. */
export class ValidationError extends LedgerError {
  override readonly name = 'ValidationError'
  readonly code = 'VALIDATION_ERROR'
  readonly errors: readonly FieldError[]

  constructor(errors: readonly FieldError[]) {
    super(errors.map(({ field, message }) => `${field} ${message}`).join('; '))
    this.errors = errors
  }
}

/** The account has fewer credits than the posting takes. Nothing was posted. */
export class InsufficientBalanceError extends LedgerError {
  override readonly name = 'InsufficientBalanceError'
  readonly code = 'INSUFFICIENT_BALANCE'
  readonly balance: LedgerBalance

  /** @param needed The credits that the posting takes, >= 0. */
  constructor(balance: LedgerBalance, needed: number) {
    super(`The posting takes ${needed} credits, the balance is ${balance.amount}.`)
    this.balance = balance
  }
}

/** The owner has a posting with this nonce. Nothing was posted now. */
export class DuplicateNonceError<Operation extends string = string> extends LedgerError {
  override readonly name = 'DuplicateNonceError'
  readonly code = 'DUPLICATE_NONCE'
  /** The original. */
  readonly entry: LedgerEntry<Operation>
  /** Whether this request is the original one again: same operation, metadata and amount (or none given). */
  readonly identical: boolean
  /** The current balance. */
  readonly balance: LedgerBalance

  constructor(entry: LedgerEntry<Operation>, identical: boolean, balance: LedgerBalance) {
    super(
      identical
        ? 'This request was posted before; the original entry stands.'
        : 'Another request of this owner was posted with this nonce. Use a new nonce for a new posting.',
    )
    this.entry = entry
    this.identical = identical
    this.balance = balance
  }
}

/** The balance would go beyond 2^53 - 1 credits. Nothing was posted. */
export class BalanceOutOfRangeError extends LedgerError {
  override readonly name = 'BalanceOutOfRangeError'
  readonly code = 'BALANCE_OUT_OF_RANGE'
  readonly balance: LedgerBalance

  constructor(balance: LedgerBalance) {
    super(`The balance is ${balance.amount} credits; with this posting it would go beyond 2^53 - 1.`)
    this.balance = balance
  }
}

/** PostgreSQL gave the transaction up, since another was in its way (40001, 40P01, 55P03, 57014). Retry it. */
export class TransactionConflictError extends LedgerError {
  override readonly name = 'TransactionConflictError'
  readonly code = 'TRANSACTION_CONFLICT'
}

/** The operation was added or dropped after this server was started. */
export class ServerOutdatedError extends LedgerError {
  override readonly name = 'ServerOutdatedError'
  readonly code = 'SERVER_OUTDATED'
}

/** The database cannot be reached, or went away in the middle. Retry with the same nonce. */
export class DatabaseUnavailableError extends LedgerError {
  override readonly name = 'DatabaseUnavailableError'
  readonly code = 'DATABASE_UNAVAILABLE'
}

/** The business outcomes of a posting other than success: members of the GraphQL result unions. */
export type PostingError<Operation extends string = string> =
  | ValidationError
  | InsufficientBalanceError
  | DuplicateNonceError<Operation>
  | BalanceOutOfRangeError

/** The classes of PostingError. */
export const postingErrors = [
  ValidationError,
  InsufficientBalanceError,
  DuplicateNonceError,
  BalanceOutOfRangeError,
] as const

/** Whether a posting was refused, rather than failed. */
export function isPostingError<Operation extends string>(error: unknown): error is PostingError<Operation> {
  return postingErrors.some((type) => error instanceof type)
}
