/** How often and how patiently the client tries. */
export interface RetryPolicy {
  /** How many times a request is sent at most; 1 turns retries off. */
  readonly attempts: number
  /** The wait before the second attempt. It doubles with each one after. */
  readonly baseDelayMs: number
  /** The longest wait. A server that asks for a longer one (Retry-After) is not tried again. */
  readonly maxDelayMs: number
}

export const defaultRetryPolicy: RetryPolicy = { attempts: 6, baseDelayMs: 100, maxDelayMs: 10_000 }

/**
 * The wait after a failed attempt (counted from 1), in milliseconds, or undefined to give up. Half of the
 * backoff is random, so that clients which failed together do not come back together.
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

/** A Retry-After header: seconds, or the date to wait for. */
export function retryAfterMs(header: string | null): number | undefined {
  if (header === null) return undefined
  if (/^\d+$/.test(header)) return Number(header) * 1000
  const at = Date.parse(header)
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now())
}
