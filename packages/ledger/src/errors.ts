import type { LedgerBalance, LedgerEntry, LedgerHold } from './entry.ts'
import { type LedgerErrorCode, ledgerErrors } from './error-table.ts'
import { inCredits } from './operations/amount.ts'

/**
 * Any error of the ledger, a refusal or a failure. `ledgerErrors` explains its code. Its message is for people, and
 * contains nothing internal.
 */
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

export class ValidationError extends LedgerError {
  override readonly name = 'ValidationError'
  readonly code = 'VALIDATION_ERROR'
  readonly errors: readonly FieldError[]

  constructor(errors: readonly FieldError[]) {
    super(errors.map(({ field, message }) => `${field} ${message}`).join('; '))
    this.errors = errors
  }
}

export class InsufficientBalanceError extends LedgerError {
  override readonly name = 'InsufficientBalanceError'
  readonly code = 'INSUFFICIENT_BALANCE'
  readonly balance: LedgerBalance
  /** The index of the entry in the request that takes too much, from 0. */
  readonly entryIndex: number

  /** @param amounts The credits that the entry takes, and the credits that were available. */
  constructor(balance: LedgerBalance, amounts: { needed: number; available: number }, entryIndex = 0) {
    super(
      `The posting takes ${inCredits(amounts.needed)}, ${balance.ownerId} has ${amounts.available} available.`,
    )
    this.balance = balance
    this.entryIndex = entryIndex
  }
}

/** Returns the message for a nonce that was used before. */
function duplicateMessage(identical: boolean): string {
  return identical
    ? 'This request was posted before; the original stands.'
    : 'Another request of this owner was posted with this nonce. Use a new nonce for a new posting.'
}

/** The nonce was used for a posting. The code is DUPLICATE_NONCE. */
export class DuplicateNonceError<Operation extends string = string> extends LedgerError {
  override readonly name = 'DuplicateNonceError'
  readonly code = 'DUPLICATE_NONCE'
  /** The original entry. */
  readonly entry: LedgerEntry<Operation>
  /** Whether this request equals the original one: the same entries, metadata, and amounts or no amounts. */
  readonly identical: boolean
  /** The current balance. */
  readonly balance: LedgerBalance

  constructor(entry: LedgerEntry<Operation>, identical: boolean, balance: LedgerBalance) {
    super(duplicateMessage(identical))
    this.entry = entry
    this.identical = identical
    this.balance = balance
  }
}

/** The nonce was used for a hold. The code is DUPLICATE_NONCE, because holds and postings share their nonces. */
export class DuplicateHoldError<Operation extends string = string> extends LedgerError {
  override readonly name = 'DuplicateHoldError'
  readonly code = 'DUPLICATE_NONCE'
  /** The original hold. */
  readonly hold: LedgerHold<Operation>
  /** Whether this request equals the original one: the same operation, metadata, duration, and amount or no amount. */
  readonly identical: boolean
  /** The current balance. */
  readonly balance: LedgerBalance

  constructor(hold: LedgerHold<Operation>, identical: boolean, balance: LedgerBalance) {
    super(duplicateMessage(identical))
    this.hold = hold
    this.identical = identical
    this.balance = balance
  }
}

export class BalanceOutOfRangeError extends LedgerError {
  override readonly name = 'BalanceOutOfRangeError'
  readonly code = 'BALANCE_OUT_OF_RANGE'
  readonly balance: LedgerBalance
  /** The index of the entry in the request that gives too much, from 0. */
  readonly entryIndex: number

  constructor(balance: LedgerBalance, entryIndex = 0) {
    super(`The balance is ${inCredits(balance.amount)}; with this posting it would exceed 2^53 - 1.`)
    this.balance = balance
    this.entryIndex = entryIndex
  }
}

export class LimitReachedError<Operation extends string = string> extends LedgerError {
  override readonly name = 'LimitReachedError'
  readonly code = 'LIMIT_REACHED'
  readonly ownerId: string
  readonly operation: Operation
  /** When the next one is possible. Null means never. */
  readonly nextOn: Date | null
  /** The index of the entry in the request, from 0. */
  readonly entryIndex: number

  constructor(ownerId: string, operation: Operation, nextOn: Date | null, entryIndex = 0) {
    const next = nextOn ? `; the next one is possible on ${nextOn.toISOString()}` : ''
    super(`${ownerId} has had ${operation} as often as its limit allows${next}.`)
    this.ownerId = ownerId
    this.operation = operation
    this.nextOn = nextOn
    this.entryIndex = entryIndex
  }
}

const notFound = {
  TRANSACTION_NOT_FOUND: 'transaction',
  ENTRY_NOT_FOUND: 'entry',
  HOLD_NOT_FOUND: 'hold',
  LOT_NOT_FOUND: 'lot',
} as const

export class NotFoundError extends LedgerError {
  override readonly name = 'NotFoundError'
  readonly code: keyof typeof notFound

  constructor(code: keyof typeof notFound, id: string) {
    super(`There is no ${notFound[code]} ${id.slice(0, 40)}.`)
    this.code = code
  }
}

export class NotReversibleError extends LedgerError {
  override readonly name = 'NotReversibleError'
  readonly code = 'NOT_REVERSIBLE'
}

export class AlreadyReversedError extends LedgerError {
  override readonly name = 'AlreadyReversedError'
  readonly code = 'ALREADY_REVERSED'
}

export class RefundExceededError extends LedgerError {
  override readonly name = 'RefundExceededError'
  readonly code = 'REFUND_EXCEEDED'
  /** How many credits refunds may still give back. */
  readonly refundable: number

  constructor(message: string, refundable: number) {
    super(message)
    this.refundable = refundable
  }
}

export class OverdraftInUseError extends LedgerError {
  override readonly name = 'OverdraftInUseError'
  readonly code = 'OVERDRAFT_IN_USE'
  readonly balance: LedgerBalance

  /** @param least The least that the overdraft can be, in credits. */
  constructor(balance: LedgerBalance, least: number) {
    super(`${balance.ownerId} needs an overdraft of at least ${inCredits(least)}.`)
    this.balance = balance
  }
}

const accountRefusals = {
  ACCOUNT_FROZEN: 'is frozen: it takes no such entry until it is opened again',
  ACCOUNT_CLOSED: 'is closed: it takes nothing until it is opened again',
  ACCOUNT_NOT_EMPTY: 'is not empty: only one of 0, without holds and overdraft, can be closed',
} as const

export class AccountStateError extends LedgerError {
  override readonly name = 'AccountStateError'
  readonly code: keyof typeof accountRefusals
  readonly balance: LedgerBalance
  /** The index of the refused entry, from 0. */
  readonly entryIndex: number

  constructor(code: keyof typeof accountRefusals, balance: LedgerBalance, entryIndex: number) {
    super(`The account of ${balance.ownerId} ${accountRefusals[code]}.`)
    this.code = code
    this.balance = balance
    this.entryIndex = entryIndex
  }
}

const endings = {
  HOLD_CAPTURED: 'was captured before',
  HOLD_RELEASED: 'was released before',
  HOLD_EXPIRED: 'has expired',
} as const

export class HoldEndedError<Operation extends string = string> extends LedgerError {
  override readonly name = 'HoldEndedError'
  readonly code: keyof typeof endings
  readonly hold: LedgerHold<Operation>

  constructor(code: keyof typeof endings, hold: LedgerHold<Operation>) {
    super(`Hold ${hold.id} ${endings[code]}.`)
    this.code = code
    this.hold = hold
  }
}

const lotRefusals = {
  LOT_ENDED: 'has no credits left: they were spent, have expired or were voided',
  LOT_HELD: 'has credits that a hold keeps: release or capture the hold first',
} as const

export class LotEndedError extends LedgerError {
  override readonly name = 'LotEndedError'
  readonly code: keyof typeof lotRefusals

  constructor(code: keyof typeof lotRefusals, id: string) {
    super(`Lot ${id} ${lotRefusals[code]}.`)
    this.code = code
  }
}

export class SubscriberTooSlowError extends LedgerError {
  override readonly name = 'SubscriberTooSlowError'
  readonly code = 'SUBSCRIBER_TOO_SLOW'

  constructor(maxFallenBehind: number) {
    super(
      `The reader has left more than ${maxFallenBehind} further entries unread. Continue with the cursor of the last entry that was read.`,
    )
  }
}

export class TransactionConflictError extends LedgerError {
  override readonly name = 'TransactionConflictError'
  readonly code = 'TRANSACTION_CONFLICT'
}

export class AccountBusyError extends LedgerError {
  override readonly name = 'AccountBusyError'
  readonly code = 'ACCOUNT_BUSY'

  constructor(options?: ErrorOptions) {
    super('Another transaction keeps this account locked. Try it again, with the same nonce.', options)
  }
}

export class OverloadedError extends LedgerError {
  override readonly name = 'OverloadedError'
  readonly code = 'OVERLOADED'

  constructor(message = 'Too many postings already wait. Try again shortly, with the same nonce.') {
    super(message)
  }
}

export class ServerOutdatedError extends LedgerError {
  override readonly name = 'ServerOutdatedError'
  readonly code = 'SERVER_OUTDATED'

  /** @param options.cause What does not fit, and what to do. It is for operators, and callers do not see it. */
  constructor(options?: ErrorOptions) {
    super('This server and its database do not fit together. Nothing was posted.', options)
  }
}

export class DatabaseUnavailableError extends LedgerError {
  override readonly name = 'DatabaseUnavailableError'
  readonly code = 'DATABASE_UNAVAILABLE'
}
