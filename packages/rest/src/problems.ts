import type { LedgerErrorCode } from '@shared-ledger/ledger'

/** What a code of an answer other than success says. */
export interface ProblemType {
  readonly status: number
  /** A short summary, the same in every occurrence. */
  readonly title: string
  readonly meaning: string
  /** Seconds after which the same request may succeed; answered as Retry-After. */
  readonly retryAfterSeconds?: number
}

/** Codes that only the transport gives; the others are the ledger's. */
export type RestErrorCode =
  | 'MALFORMED_JSON'
  | 'MALFORMED_PATH'
  | 'MALFORMED_REQUEST'
  | 'NOT_FOUND'
  | 'METHOD_NOT_ALLOWED'
  | 'NOT_ACCEPTABLE'
  | 'MISDIRECTED_REQUEST'
  | 'PAYLOAD_TOO_LARGE'
  | 'QUERY_TOO_EXPENSIVE'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'INTERNAL_ERROR'

/** Every code that each app's REST answers can have. An app adds its own in its routes' `problems`. */
export type ProblemCode = LedgerErrorCode | RestErrorCode

/**
 * How many faults VALIDATION_ERROR names: a list in a body may have one in each of its items, and the first ones are
 * enough to mend it.
 */
export const maxErrors = 20

/** The one table of codes: status, title and meaning; the answers, openapi.json and docs/rest.md come from it. */
export const problems = {
  VALIDATION_ERROR: {
    status: 422,
    title: 'Validation error',
    meaning: `A field is missing, unknown or breaks a rule; \`errors\` names the first ${maxErrors} faults. Nothing was posted.`,
  },
  INSUFFICIENT_BALANCE: {
    status: 400,
    title: 'Insufficient balance',
    meaning:
      'The account has fewer credits available than the posting takes; `balance` is what it has. Nothing was posted.',
  },
  DUPLICATE_NONCE: {
    status: 409,
    title: 'Duplicate nonce',
    meaning:
      'The owner has a posting or a hold with this nonce; the original is in `entry` or `hold`. Nothing was posted now.',
  },
  BALANCE_OUT_OF_RANGE: {
    status: 422,
    title: 'Balance out of range',
    meaning: 'The balance, or it and the overdraft, would go beyond 2^53 - 1 credits. Nothing was posted.',
  },
  LIMIT_REACHED: {
    status: 429,
    title: 'Limit reached',
    meaning:
      'The owner has had the operation as often as its limit allows; `next_on` and Retry-After say when the next one is possible, if ever. Nothing was posted.',
  },
  TRANSACTION_NOT_FOUND: {
    status: 404,
    title: 'Transaction not found',
    meaning: 'The app has no transaction with this id.',
  },
  ENTRY_NOT_FOUND: {
    status: 404,
    title: 'Entry not found',
    meaning: 'The app has no entry with this id, or the owner none with this nonce.',
  },
  HOLD_NOT_FOUND: {
    status: 404,
    title: 'Hold not found',
    meaning: 'The app has no hold with this id.',
  },
  NOT_REVERSIBLE: {
    status: 409,
    title: 'Not reversible',
    meaning: 'A reversal or a refund is neither reversed nor refunded. Nothing was posted.',
  },
  ALREADY_REVERSED: {
    status: 409,
    title: 'Already reversed',
    meaning: 'The entry was reversed before. Nothing was posted.',
  },
  REFUND_EXCEEDED: {
    status: 409,
    title: 'Refund exceeded',
    meaning:
      'Refunds would give back more than the entry moved; `refundable` is what is left. Nothing was posted.',
  },
  OVERDRAFT_IN_USE: {
    status: 409,
    title: 'Overdraft in use',
    meaning: 'The balance and the holds need more than this overdraft. Nothing was changed.',
  },
  HOLD_CAPTURED: {
    status: 409,
    title: 'Hold captured',
    meaning: 'The hold was captured before; it is in `hold`. Nothing was posted.',
  },
  HOLD_RELEASED: {
    status: 409,
    title: 'Hold released',
    meaning: 'The hold was released before; it is in `hold`. Nothing was posted.',
  },
  HOLD_EXPIRED: {
    status: 409,
    title: 'Hold expired',
    meaning: 'The hold has expired: its credits are available again. Nothing was posted.',
  },
  SUBSCRIBER_TOO_SLOW: {
    status: 429,
    title: 'Subscriber too slow',
    meaning:
      'A reader of live entries (GraphQL alone has them) left too many unread. It goes on with its last cursor.',
  },
  TRANSACTION_CONFLICT: {
    status: 503,
    title: 'Transaction conflict',
    meaning:
      'PostgreSQL gave up the transaction, since another was in its way (SQLSTATE 40001, 40P01). ' +
      'Nothing was posted. Send it again with the same nonce.',
    retryAfterSeconds: 1,
  },
  ACCOUNT_BUSY: {
    status: 503,
    title: 'Account busy',
    meaning:
      'Another transaction keeps the account locked (SQLSTATE 55P03). Nothing was posted. Send it again with the same nonce.',
    retryAfterSeconds: 1,
  },
  OVERLOADED: {
    status: 503,
    title: 'Overloaded',
    meaning:
      'More requests or postings wait already than the server takes on. Nothing was posted. Send it again with the same nonce.',
    retryAfterSeconds: 1,
  },
  SERVER_OUTDATED: {
    status: 503,
    title: 'Server outdated',
    meaning:
      'The database no longer declares the operation: it was dropped after this server was started. Nothing was posted.',
    retryAfterSeconds: 5,
  },
  DATABASE_UNAVAILABLE: {
    status: 503,
    title: 'Database unavailable',
    meaning:
      'The database is away, overloaded or read-only, or took longer than a request may; `detail` says which. ' +
      'Send it again with the same nonce: nothing is posted twice.',
    retryAfterSeconds: 2,
  },
  MALFORMED_JSON: {
    status: 400,
    title: 'Malformed JSON',
    meaning: 'The body is not JSON in UTF-8, or has a number that would be rounded to another whole number.',
  },
  MALFORMED_PATH: {
    status: 400,
    title: 'Malformed path',
    meaning: 'The path or query is not valid percent-encoded UTF-8.',
  },
  MALFORMED_REQUEST: {
    status: 400,
    title: 'Malformed request',
    meaning:
      'The request is not valid HTTP, a header that can be given once is given twice, or its JSON is nested more than 64 deep.',
  },
  NOT_FOUND: {
    status: 404,
    title: 'Not found',
    meaning: 'No route has this path.',
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    title: 'Method not allowed',
    meaning: 'The path has no such method; the header Allow lists those that it has.',
  },
  NOT_ACCEPTABLE: {
    status: 406,
    title: 'Not acceptable',
    meaning: 'The header Accept does not allow application/json, which the answer is. Nothing was done.',
  },
  MISDIRECTED_REQUEST: {
    status: 421,
    title: 'Misdirected request',
    meaning:
      'The header Host names a host for which this server does not answer. Nothing was done. ' +
      'Use the address at which it listens, or have the host added to its setting ALLOWED_HOSTS.',
  },
  PAYLOAD_TOO_LARGE: {
    status: 413,
    title: 'Payload too large',
    meaning: 'The body is larger than 2 MiB.',
  },
  QUERY_TOO_EXPENSIVE: {
    status: 400,
    title: 'Query too expensive',
    meaning:
      'A GraphQL document may come to more work than a request may ask for. No route of REST has such a one. Nothing of it ran.',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    title: 'Unsupported media type',
    meaning: 'The body must be sent as application/json in UTF-8.',
  },
  INTERNAL_ERROR: {
    status: 500,
    title: 'Internal error',
    meaning: 'A fault of this server, never of the request. Its log says more.',
  },
} as const satisfies Record<ProblemCode, ProblemType>

/** Codes and what they say, where a lookup may find none: an app's own, or the common ones. */
export type ProblemTable = Readonly<Record<string, ProblemType>>

/** The path under which a code's meaning is served, and the `type` of its answers. */
export function problemPath(code: string): string {
  return `/problems/${code.toLowerCase().replaceAll('_', '-')}`
}
