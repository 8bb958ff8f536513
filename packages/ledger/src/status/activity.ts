import { postingSignals } from '../posting/signals.ts'

/** How long a minute is, in milliseconds. */
const minuteMs = 60_000

/** How many minutes are kept. */
const keptMinutes = 60

/** The most calls that are kept for the numbers of the last minute. */
const maxCalls = 4096

interface Call {
  readonly at: number
  readonly drafts: number
  readonly ms: number
}

/** What a ledger has done in this process. */
export interface Activity {
  /** Entries and holds that one call of the database had in the last minute, on average. Null without a call. */
  readonly batchSize: number | null
  /**
   * How long half of the calls of the last minute took at most, and 99 of 100. Null without a call. Of very many calls, the
   * newest 4,096 count.
   */
  readonly latencyMs: { readonly p50: number; readonly p99: number } | null
  /** How many entries and holds were made in each of the last 60 minutes, oldest first. */
  readonly postingsPerMinute: readonly { readonly minute: Date; readonly count: number }[]
  /** How many were refused since the start, by code, most first. */
  readonly refusals: readonly { readonly code: string; readonly count: number }[]
}

/** Counts what an app's ledger does, until it is stopped. */
export function createActivity(app: string) {
  const posted = new Map<number, number>()
  const refused = new Map<string, number>()
  const calls: Call[] = []

  const stops = [
    postingSignals.posting.listen((event) => {
      if (event.app !== app) return
      if (event.outcome !== 'posted' && event.outcome !== 'held') {
        refused.set(event.outcome, (refused.get(event.outcome) ?? 0) + 1)
        return
      }
      const minute = minuteOf(Date.now())
      posted.set(minute, (posted.get(minute) ?? 0) + 1)
      const [oldest] = posted.keys()
      if (posted.size > keptMinutes && oldest !== undefined) posted.delete(oldest)
    }),
    postingSignals.call.listen((call) => {
      if (call.app !== app || call.failed) return
      calls.push({ at: Date.now(), drafts: call.drafts, ms: call.ms })
      // Cut seldom, because each cut moves what is kept.
      if (calls.length >= 2 * maxCalls) calls.splice(0, maxCalls)
    }),
  ]

  return {
    read(): Activity {
      const now = Date.now()
      const recent = calls.slice(-maxCalls).filter(({ at }) => at > now - minuteMs)
      const drafts = recent.reduce((sum, call) => sum + call.drafts, 0)
      const durations = recent.map(({ ms }) => ms).sort((a, b) => a - b)
      const [p50, p99] = [percentile(durations, 0.5), percentile(durations, 0.99)]
      const last = minuteOf(now)
      return {
        batchSize: recent.length === 0 ? null : drafts / recent.length,
        latencyMs: p50 === undefined || p99 === undefined ? null : { p50, p99 },
        postingsPerMinute: Array.from({ length: keptMinutes }, (_, index) => {
          const minute = last - keptMinutes + 1 + index
          return { minute: new Date(minute * minuteMs), count: posted.get(minute) ?? 0 }
        }),
        refusals: [...refused]
          .map(([code, count]) => ({ code, count }))
          .sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1)),
      }
    },
    stop() {
      for (const stop of stops) stop()
    },
  }
}

const minuteOf = (ms: number) => Math.floor(ms / minuteMs)

/** Returns the smallest of sorted values that is not below this part of them. */
function percentile(sorted: readonly number[], part: number): number | undefined {
  return sorted[Math.ceil(sorted.length * part) - 1]
}
