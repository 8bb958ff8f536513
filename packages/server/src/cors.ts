import type { WholeAnswer } from './answer.ts'
import type { RawRequest } from './raw-request.ts'

/** Lets web pages of other origins ask this server. */
export interface Cors {
  /** What each answer to a request has, refusals too. */
  headersFor(request: Pick<RawRequest, 'header'>): Readonly<Record<string, string>>
  /** The answer to a browser that asks what a page may send, before anybody is identified; undefined for other requests. */
  answerPreflight(request: Pick<RawRequest, 'method' | 'header'>): WholeAnswer | undefined
}

/** How long a browser may remember the answer, in seconds: the longest time that browsers take. */
const maxAgeS = 7_200

const preflightHeaders = {
  'access-control-allow-methods': 'GET, HEAD, POST, PUT',
  'access-control-allow-headers': 'authorization, content-type, idempotency-key, traceparent, x-request-id',
  'access-control-max-age': String(maxAgeS),
}

const exposedHeaders =
  'idempotency-replayed, ratelimit, ratelimit-policy, retry-after, www-authenticate, x-request-id'

/**
 * Lets the pages of some origins ask, each by its name: a key goes into a header that the page sets, so that no browser
 * sends one by itself, and no answer allows credentials.
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
