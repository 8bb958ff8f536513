import type { CombinedError } from '@urql/core'
import { retryExchange } from '@urql/exchange-retry'
import { changedByPostings } from './reread.ts'

/** The context of a read that is asked every few seconds. Its failure is shown at once, and the next round asks again. */
export const polled = { ...changedByPostings, isPolled: true }

/**
 * Sends a read again that failed for the moment, up to three times in all. A posting is sent once. The user may send it
 * again, with the same nonce.
 */
export const retriedReads = retryExchange({
  initialDelayMs: 400,
  maxNumberAttempts: 3,
  retryIf: (error, { kind, context }) => kind === 'query' && !context.isPolled && isPassing(error),
})

const passingCodes: ReadonlySet<unknown> = new Set(['DATABASE_UNAVAILABLE', 'OVERLOADED'])

/** Whether the same read may succeed a moment later. Without a word from the graph, the status decides, if there is one. */
function isPassing({ graphQLErrors: [first], response }: CombinedError): boolean {
  if (first) return passingCodes.has(first.extensions.code)
  const { status = 0 }: { readonly status?: number } = response ?? {}
  return status === 0 || status === 408 || status >= 500
}
