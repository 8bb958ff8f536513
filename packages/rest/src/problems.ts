import { ledgerErrors } from '@shared-ledger/ledger/facts'
import { maxJsonDepth } from './json-depth.ts'

/** What a code means. */
export interface ProblemType {
  readonly status: number
  /** A short summary, the same each time. */
  readonly title: string
  readonly meaning: string
  /** After how many seconds the same request may succeed. It is sent as Retry-After. */
  readonly retryAfterSeconds?: number
  /** Headers of each answer with this code. */
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * How many faults VALIDATION_ERROR lists. A list in a body may have one in each item, and the first ones suffice to
 * mend it.
 */
export const maxErrors = 20

/**
 * The largest body that a server reads. The largest request is a full batch of entries. It has 2 KiB for each: an owner
 * and a nonce of full length, and 1.4 KiB of metadata.
 */
export const maxBodyBytes = 2 * 1024 * 1024

/** Every common code of REST's answers: the ledger's and the transport's. An app defines further codes in its routes. */
export const problems = {
  ...ledgerErrors,
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
    meaning: `The request is not valid HTTP, a header that may occur once occurs twice, or its JSON is nested more than ${maxJsonDepth} deep.`,
  },
  UNAUTHENTICATED: {
    status: 401,
    title: 'Unauthenticated',
    meaning: 'The request has no credentials, or they are not accepted.',
    headers: { 'www-authenticate': 'Bearer' },
  },
  IDENTITY_UNAVAILABLE: {
    status: 503,
    title: 'Identity unavailable',
    meaning: 'The server cannot identify the caller now. Nothing was done.',
    retryAfterSeconds: 2,
  },
  FORBIDDEN: {
    status: 403,
    title: 'Forbidden',
    meaning: 'The caller may not do this.',
  },
  RATE_LIMITED: {
    status: 429,
    retryAfterSeconds: 1,
    title: 'Rate limited',
    meaning:
      'The caller has sent more requests than it may in this time, or has too many open subscriptions. Nothing was done, and the nonce stays unused. Send it again after the time in Retry-After.',
  },
  NOT_FOUND: {
    status: 404,
    title: 'Not found',
    meaning: 'No route has this path.',
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    title: 'Method not allowed',
    meaning: 'The path does not have this method. The header Allow lists its methods.',
  },
  NOT_ACCEPTABLE: {
    status: 406,
    title: 'Not acceptable',
    meaning: 'The answer is application/json, which the header Accept does not allow. Nothing was done.',
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
    meaning: `The body is larger than ${maxBodyBytes / 1024 ** 2} MiB.`,
  },
  QUERY_TOO_EXPENSIVE: {
    status: 400,
    title: 'Query too expensive',
    meaning:
      'A GraphQL document may cost more work than a request may. No REST route has such a document. Nothing ran.',
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
} as const satisfies ProblemTable

export type ProblemCode = keyof typeof problems

/** Codes and their meanings, for lookups by any text. */
export type ProblemTable = Readonly<Record<string, ProblemType>>

/** Returns the path that explains a code. It is the `type` of the problem. */
export function problemPath(code: string): string {
  return `/problems/${code.toLowerCase().replaceAll('_', '-')}`
}
