/** The facts about a code. The graph's descriptions, REST's answers and the docs take them from here. */
interface ErrorFacts {
  /** The HTTP status of an answer with only this error. */
  readonly status: number
  /** Whether the same request, with the same nonce, may succeed later. */
  readonly retryable: boolean
  /** After how many seconds to retry. It is sent as Retry-After. */
  readonly retryAfterSeconds?: number
  readonly title: string
  readonly meaning: string
}

/** Every code of the ledger's errors. */
export const ledgerErrors = {
  VALIDATION_ERROR: {
    status: 422,
    retryable: false,
    title: 'Validation error',
    meaning: 'A field is missing, unknown or breaks a rule; `errors` names the faults. Nothing was posted.',
  },
  INSUFFICIENT_BALANCE: {
    status: 400,
    retryable: false,
    title: 'Insufficient balance',
    meaning:
      'The account has fewer credits available than the posting takes; `balance` is what it has. Nothing was posted.',
  },
  DUPLICATE_NONCE: {
    status: 409,
    retryable: false,
    title: 'Duplicate nonce',
    meaning:
      'The owner has already used this nonce. The original is in `entry` or `hold`. Nothing was posted now.',
  },
  BALANCE_OUT_OF_RANGE: {
    status: 422,
    retryable: false,
    title: 'Balance out of range',
    meaning:
      'The balance, or the balance with the overdraft, would exceed 2^53 - 1 credits. Nothing was posted.',
  },
  LIMIT_REACHED: {
    status: 429,
    retryable: false,
    title: 'Limit reached',
    meaning:
      'The owner has had the operation as often as its limit allows. The answer says when the next one is possible, if ever. Nothing was posted.',
  },
  TRANSACTION_NOT_FOUND: {
    status: 404,
    retryable: false,
    title: 'Transaction not found',
    meaning: 'The app has no transaction with this id.',
  },
  ENTRY_NOT_FOUND: {
    status: 404,
    retryable: false,
    title: 'Entry not found',
    meaning: 'The app has no entry with this id, or the owner none with this nonce.',
  },
  HOLD_NOT_FOUND: {
    status: 404,
    retryable: false,
    title: 'Hold not found',
    meaning: 'The app has no hold with this id.',
  },
  LOT_NOT_FOUND: {
    status: 404,
    retryable: false,
    title: 'Lot not found',
    meaning: 'The app has made no lot with this id.',
  },
  NOT_REVERSIBLE: {
    status: 409,
    retryable: false,
    title: 'Not reversible',
    meaning:
      'A reversal, a refund, an expiry or a void cannot be reversed or refunded. Post another entry instead. Nothing was posted.',
  },
  ALREADY_REVERSED: {
    status: 409,
    retryable: false,
    title: 'Already reversed',
    meaning: 'The entry has already been reversed. Nothing was posted.',
  },
  REFUND_EXCEEDED: {
    status: 409,
    retryable: false,
    title: 'Refund exceeded',
    meaning:
      'Refunds would give back more than the entry moved; `refundable` is what is left. Nothing was posted.',
  },
  OVERDRAFT_IN_USE: {
    status: 409,
    retryable: false,
    title: 'Overdraft in use',
    meaning: 'The balance and the holds need more than this overdraft. Nothing was changed.',
  },
  ACCOUNT_FROZEN: {
    status: 409,
    retryable: false,
    title: 'Account frozen',
    meaning:
      'The account is frozen: it takes no such entry until it is opened again. `balance` has its state. Nothing was posted.',
  },
  ACCOUNT_CLOSED: {
    status: 409,
    retryable: false,
    title: 'Account closed',
    meaning: 'The account is closed: it takes nothing until it is opened again. Nothing was posted.',
  },
  ACCOUNT_NOT_EMPTY: {
    status: 409,
    retryable: false,
    title: 'Account not empty',
    meaning: 'Only an account of 0, without holds and overdraft, can be closed. Nothing was posted.',
  },
  HOLD_CAPTURED: {
    status: 409,
    retryable: false,
    title: 'Hold captured',
    meaning: 'The hold has already been captured. It is in `hold`. Nothing was posted.',
  },
  HOLD_RELEASED: {
    status: 409,
    retryable: false,
    title: 'Hold released',
    meaning: 'The hold has already been released. It is in `hold`. Nothing was posted.',
  },
  HOLD_EXPIRED: {
    status: 409,
    retryable: false,
    title: 'Hold expired',
    meaning: 'The hold has expired: its credits are available again. Nothing was posted.',
  },
  LOT_ENDED: {
    status: 409,
    retryable: false,
    title: 'Lot ended',
    meaning: 'The lot has no credits left: they were spent, have expired or were voided. Nothing was posted.',
  },
  LOT_HELD: {
    status: 409,
    retryable: false,
    title: 'Lot held',
    meaning: 'A hold keeps credits of the lot. Release or capture the hold first. Nothing was posted.',
  },
  SUBSCRIBER_TOO_SLOW: {
    status: 429,
    retryable: true,
    title: 'Subscriber too slow',
    meaning:
      'A reader of live entries left too many unread, and was cut off. Continue with the cursor of the last entry that was read.',
  },
  TRANSACTION_CONFLICT: {
    status: 503,
    retryable: true,
    retryAfterSeconds: 1,
    title: 'Transaction conflict',
    meaning:
      'PostgreSQL aborted the transaction because of another one (SQLSTATE 40001, 40P01). ' +
      'Nothing was posted. Send it again with the same nonce.',
  },
  ACCOUNT_BUSY: {
    status: 503,
    retryable: true,
    retryAfterSeconds: 1,
    title: 'Account busy',
    meaning:
      'Another transaction keeps the account locked (SQLSTATE 55P03). Nothing was posted. Send it again with the same nonce.',
  },
  OVERLOADED: {
    status: 503,
    retryable: true,
    retryAfterSeconds: 1,
    title: 'Overloaded',
    meaning:
      'Too many requests or postings already wait. Nothing was posted. Send it again with the same nonce.',
  },
  SERVER_OUTDATED: {
    status: 503,
    retryable: true,
    retryAfterSeconds: 5,
    title: 'Server outdated',
    meaning:
      "This server and its database do not fit together; the server's log says why. Nothing was posted. Send it again with the same nonce.",
  },
  DATABASE_UNAVAILABLE: {
    status: 503,
    retryable: true,
    retryAfterSeconds: 2,
    title: 'Database unavailable',
    meaning:
      'The database is away, overloaded or read-only, or took longer than a request may; the message says which. ' +
      'Send it again with the same nonce: nothing is posted twice.',
  },
} as const satisfies Record<string, ErrorFacts>

/** The closed union of the ledger's error codes. */
export type LedgerErrorCode = keyof typeof ledgerErrors
