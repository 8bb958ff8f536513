import type { Principal } from '@shared-ledger/ledger/facts'
import { Problem } from '@shared-ledger/rest'
import { TokenBucket } from 'limiter'
import { anyone } from './identify.ts'
import { principalKey } from './principal-key.ts'
import type { RateLimit } from './rate-limit.ts'

/** Counts the requests of principals to this process. */
export interface Rates {
  /** Counts a request. @returns the refusal, if it is one too many */
  count(principal: Principal): RateLimited | undefined
  /**
   * Counts a request again that stands for several: `count` has counted it once.
   *
   * @returns the refusal, if these are too many
   */
  countAs(principal: Principal, requests: number): RateLimited | undefined
}

/** A principal has sent too many requests. */
export class RateLimited extends Problem {
  readonly principal: string

  constructor(principal: Principal, detail: string, headers: Readonly<Record<string, string>>) {
    super('RATE_LIMITED', detail, {}, headers)
    this.principal = principal.name
  }
}

/** Counts nothing. */
export const unlimited: Rates = { count: () => undefined, countAs: () => undefined }

/**
 * Creates a token bucket for each principal. Requests that are not authenticated are not counted: they would share one
 * bucket, and one client could use up the limit of all.
 *
 * A request that counts for more than the burst waits until the bucket is full. It then leaves the bucket in debt, so
 * that it is paid for at the same rate.
 *
 * @param principals How many buckets are kept. Beyond them the least recently used one is dropped, and its principal
 *   starts with a full one.
 */
export function createRates(limit: RateLimit, principals: number): Rates {
  const { requests: tokensPerInterval, perMs: interval, burst } = limit
  const buckets = new Map<string, TokenBucket>()

  const bucketOf = (principal: Principal): TokenBucket => {
    const key = principalKey(principal)
    const bucket = buckets.get(key) ?? fullBucket()
    buckets.delete(key) // re-inserts it as the most recent one
    buckets.set(key, bucket)
    const [oldest] = buckets.keys()
    if (buckets.size > principals && oldest !== undefined) buckets.delete(oldest)
    return bucket
  }
  const fullBucket = () => {
    const bucket = new TokenBucket({ bucketSize: burst, tokensPerInterval, interval })
    bucket.content = burst
    return bucket
  }
  /** @param taken How many tokens the same request has taken before. */
  const take = (principal: Principal, tokens: number, taken: number, what: string) => {
    const bucket = bucketOf(principal)
    bucket.drip()
    const needed = Math.min(taken + tokens, burst)
    if (bucket.content >= needed - taken) {
      bucket.content -= tokens
      return undefined
    }
    const waitMs = ((needed - bucket.content) * interval) / tokensPerInterval
    return refusal(principal, what, Math.max(1, Math.ceil(waitMs / 1_000)), bucket.content)
  }
  const refusal = (principal: Principal, what: string, seconds: number, left: number) =>
    new RateLimited(
      principal,
      `${what} Each caller may have ${inWords(limit)}. Nothing was done. Try again in ${seconds} s.`,
      {
        'retry-after': String(seconds),
        // https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
        'ratelimit-policy': `"principal";q=${burst};w=${Math.ceil((burst * interval) / tokensPerInterval / 1_000)}`,
        ratelimit: `"principal";r=${Math.max(0, Math.floor(left))};t=${seconds}`,
      },
    )

  return {
    count: (principal) =>
      principal === anyone ? undefined : take(principal, 1, 0, 'The caller has sent too many requests.'),
    countAs(principal, requests) {
      if (principal === anyone || requests <= 1) return undefined
      return take(principal, requests - 1, 1, `The request counts for ${requests.toLocaleString('en')}.`)
    },
  }
}

function inWords({ requests, perMs, burst }: RateLimit): string {
  const unit = { 1000: 'second', 60000: 'minute' }[perMs] ?? 'hour'
  const [many, atOnce] = [requests, burst].map((number) => number.toLocaleString('en'))
  return `${many} a ${unit}, and ${atOnce} at once`
}
