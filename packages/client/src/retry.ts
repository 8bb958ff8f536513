/** How often the client tries, and how long it waits between attempts. */
export interface RetryPolicy {
  /** How often a request is sent at most. 1 turns retries off. */
  readonly attempts: number
  /** The wait before the second attempt. It doubles with each further attempt. */
  readonly baseDelayMs: number
  /** The longest wait. When a server asks for more (Retry-After), the client gives up. */
  readonly maxDelayMs: number
}

export const defaultRetryPolicy: RetryPolicy = { attempts: 6, baseDelayMs: 100, maxDelayMs: 10_000 }

/**
 * Returns the wait in milliseconds after a failed attempt (counted from 1), or undefined to give up. Half of the wait
 * is random, so that clients that failed together do not all come back at the same moment.
 */
export function delayAfter(
  attempt: number,
  policy: RetryPolicy,
  askedMs: number | undefined,
): number | undefined {
  if (attempt >= policy.attempts) return undefined
  if (askedMs !== undefined && askedMs > policy.maxDelayMs) return undefined
  const backoffMs = Math.min(policy.baseDelayMs * 2 ** (attempt - 1), policy.maxDelayMs)
  return (askedMs ?? backoffMs / 2) + (Math.random() * backoffMs) / 2
}

/** Reads a Retry-After header, which has seconds or a date. Returns the wait in milliseconds. */
export function retryAfterMs(header: string | null): number | undefined {
  if (header === null) return undefined
  if (/^\d+$/.test(header)) return Number(header) * 1000
  const at = Date.parse(header)
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now())
}
