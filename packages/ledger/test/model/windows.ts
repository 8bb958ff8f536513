import type { OperationLimit } from '../../src/index.ts'

type Window = OperationLimit['per']

const hour = 3_600_000
const day = 24 * hour

/** Returns when the calendar window of a moment began (UTC, weeks from Monday). */
export function windowStart(per: Window, at: number): number {
  const date = new Date(at)
  switch (per) {
    case 'hour':
      return at - (at % hour)
    case 'day':
      return at - (at % day)
    case 'week':
      return at - (at % day) - ((date.getUTCDay() + 6) % 7) * day
    case 'month':
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth())
    case 'lifetime':
      return 0
  }
}

/**
 * Returns the anchored window of a moment, from the moments of everything that counts, in order. A use outside of the window
 * before it begins one. Outside of all windows, one begins at the moment itself.
 */
export function anchoredWindow(per: Window, at: number, uses: readonly number[]) {
  const length = nextWindow(per, 0) ?? Number.POSITIVE_INFINITY
  const began = uses.reduce((start, use) => (use >= start + length ? use : start), Number.NEGATIVE_INFINITY)
  const start = at < began + length ? began : at
  return { start, end: start + length }
}

/** Returns when the next window begins, or null when there is none. */
export function nextWindow(per: Window, at: number): number | null {
  const date = new Date(at)
  switch (per) {
    case 'hour':
      return windowStart(per, at) + hour
    case 'day':
      return windowStart(per, at) + day
    case 'week':
      return windowStart(per, at) + 7 * day
    case 'month':
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1)
    case 'lifetime':
      return null
  }
}
