import { z } from 'zod'

/** How many requests one principal may send to a process. */
export interface RateLimit {
  readonly requests: number
  readonly perMs: number
  /** How many requests may come at once after a quiet time. */
  readonly burst: number
}

const units = { s: 1_000, min: 60_000, h: 3_600_000 } as const

const isUnit = (text: string): text is keyof typeof units => Object.hasOwn(units, text)

/** What RATE_LIMIT must be, in words. */
export const rateLimitTakes =
  'a number of requests per s, min or h, such as 100/s, and how many at once where that is another number, such as 100/s burst 200'

/** Reads a text such as `100/s burst 200`. The default burst is the number of requests per unit. */
export const rateLimitShape = z.string().transform((text, { addIssue }): RateLimit => {
  const [, requests = '', unit = '', burst = requests] =
    /^([1-9]\d{0,8})\/(s|min|h)(?: burst ([1-9]\d{0,8}))?$/.exec(text) ?? []
  if (isUnit(unit)) return { requests: Number(requests), perMs: units[unit], burst: Number(burst) }
  addIssue({ code: 'invalid_format', format: 'rate' })
  return z.NEVER
})
