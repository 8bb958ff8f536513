import type { WholeAnswer } from './answer.ts'
import type { RawRequest } from './raw-request.ts'

/** Lets web pages of other origins send requests to this server. */
export interface Cors {
  /** Returns the headers for the answer to a request, refusals included. */
  headersFor(request: Pick<RawRequest, 'header'>): Readonly<Record<string, string>>
  /**
   * Returns the answer to a preflight request, which comes before anybody is identified. Returns undefined for other
   * requests.
   */
  answerPreflight(request: Pick<RawRequest, 'method' | 'header'>): WholeAnswer | undefined
}

/** How many seconds a browser may cache the answer. No browser takes more. */
const maxAgeS = 7_200

const preflightHeaders = {
  'access-control-allow-methods': 'GET, HEAD, POST, PUT',
  'access-control-allow-headers': 'authorization, content-type, idempotency-key, traceparent, x-request-id',
  'access-control-max-age': String(maxAgeS),
}

const exposedHeaders =
  'idempotency-replayed, ratelimit, ratelimit-policy, retry-after, www-authenticate, x-request-id'

/**
 * Allows the listed origins. The key goes into a header that the page sets, so no browser sends it by itself, and no
 * answer has to allow credentials.
 */
export function createCors(origins: readonly string[]): Cors {
  const allowed: ReadonlySet<string> = new Set(origins)
  return {
    headersFor(request) {
      const origin = request.header('origin')
      if (origin === null || !allowed.has(origin)) return { vary: 'origin' }
      return {
        vary: 'origin',
        'access-control-allow-origin': origin,
        'access-control-expose-headers': exposedHeaders,
      }
    },
    answerPreflight(request) {
      const isPreflight =
        request.method === 'OPTIONS' && request.header('access-control-request-method') !== null
      if (!isPreflight || !allowed.has(request.header('origin') ?? '')) return undefined
      return { status: 204, headers: preflightHeaders, body: null, outcome: 'ok' }
    },
  }
}
