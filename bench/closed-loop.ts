import { quantile } from './statistics.ts'

/** The results of callers, each of which waits for an answer before its next call. */
export interface LoopFigures {
  readonly callsPerSecond: number
  /** How many calls were made in all, before and during the measurement. */
  readonly calls: number
  /** Returns the time within which this part of the calls was answered. */
  latencyMs(part: number): number
}

/** The part of the measured time that runs before it as a warm-up. */
const rampPart = 0.25

/**
 * Calls from several callers at once, and counts the answers of the measured time. Resolves after the last call.
 *
 * @throws the error of a call, once all callers have stopped
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
      // At least one answer is counted, however slow it is.
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
