import { quantile } from './statistics.ts'

/** What callers got done who each wait for an answer before they ask again. */
export interface LoopFigures {
  readonly callsPerSecond: number
  /** How many calls were made in all, measured or not. */
  readonly calls: number
  /** The time that so much of the calls took at most. */
  latencyMs(part: number): number
}

/** The part of the measured time that runs before it, so that callers are in full swing. */
const rampPart = 0.25

/**
 * Calls from several callers at once, and counts what is answered while it measures. Answers when the last call is.
 *
 * @throws what a call throws, once all callers have stopped.
 */
export async function closedLoop(
  { callers, seconds }: { readonly callers: number; readonly seconds: number },
  call: (caller: number) => Promise<unknown>,
): Promise<LoopFigures> {
  const latencies: number[] = []
  const from = performance.now() + rampPart * seconds * 1000
  let until = from + seconds * 1000
  let calls = 0
  let isFailed = false

  const run = async (_: unknown, caller: number) => {
    for (;;) {
      const began = performance.now()
      // However slow: one answer at least, so that there is a figure.
      if (isFailed || (began >= until && latencies.length > 0)) return
      await call(caller)
      calls += 1
      const ended = performance.now()
      if (ended >= until && latencies.length === 0) until = ended
      if (ended >= from && ended <= until) latencies.push(ended - began)
    }
  }
  const runs = Array.from({ length: callers }, (_, caller) =>
    run(_, caller).catch((error: unknown) => {
      isFailed = true
      throw error
    }),
  )
  await Promise.allSettled(runs)
  await Promise.all(runs)
  return {
    calls,
    callsPerSecond: latencies.length / ((until - from) / 1000),
    latencyMs: (part) => quantile(latencies, part),
  }
}
