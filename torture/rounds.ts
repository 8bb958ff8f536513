import { setTimeout as sleep } from 'node:timers/promises'
import { begin } from './faults/begin.ts'
import { type FaultKind, kindsOn } from './faults/kinds.ts'
import { lengthOf, type PlannedFault, planRounds, type Round } from './faults/schedule.ts'
import type { Fault, Stage } from './faults/stage.ts'
import type { Journal } from './journal.ts'
import { createRandom } from './random.ts'
import { untilBack } from './recovery.ts'
import type { AppServer } from './servers/app-server.ts'

/** The result of a round. */
export interface RoundResult {
  readonly round: Round
  /** How soon each server posted again, by its name. */
  readonly recoveriesMs: ReadonlyMap<string, number>
  /** When its last fault was told to end. */
  readonly since: number
}

/** The current faults. */
export class Weather {
  readonly #faults = new Set<string>()
  #round = 0

  begin(round: number, kind: FaultKind): void {
    this.#round = round
    this.#faults.add(kind)
  }

  end(kind: FaultKind): void {
    this.#faults.delete(kind)
  }

  toString(): string {
    const faults = [...this.#faults].join(', ')
    return faults === '' ? `after round ${this.#round}` : `round ${this.#round}: ${faults}`
  }
}

export interface Rounds {
  readonly seed: number
  readonly seconds: number
  readonly journal: Journal
  /** The owners that recoveries are tried with, by server. */
  readonly probes: ReadonlyMap<AppServer, readonly string[]>
  readonly weather: Weather
  readonly stopped: AbortSignal
  readonly onRound: (result: RoundResult) => void
}

/** Plays rounds of faults until the time is over. After each one, every server must post again. */
export async function playRounds(stage: Stage, rounds: Rounds): Promise<readonly RoundResult[]> {
  const { seed, seconds, journal, probes, weather, stopped, onRound } = rounds
  const results: RoundResult[] = []
  const until = performance.now() + seconds * 1000
  const place = stage.database.workers.length > 0 ? 'a cluster' : 'one PostgreSQL'
  const kinds = kindsOn(place).filter((kind) => kind !== 'out of disk' || stage.disk.whyNot === undefined)
  for (const round of planRounds(seed, kinds)) {
    if (performance.now() + lengthOf(round) > until && results.length > 0) break
    await pause(round.pauseMs, stopped)
    if (stopped.aborted) break
    const over = await playRound(stage, round, { weather, stopped })
    const since = performance.now()
    const waiting = { journal, round: round.number, since, stopped }
    const [recoveries] = await Promise.all([
      Promise.all([...probes].map(([server, owners]) => untilBack(server, { ...waiting, owners }))),
      over.ends,
    ])
    const recoveriesMs = new Map(recoveries.map(({ server, ms }) => [server.name, ms]))
    const result = { round, recoveriesMs, since }
    results.push(result)
    onRound(result)
  }
  await pause(until - performance.now(), stopped)
  return results
}

/** Resolves when the last fault is told to end. The result resolves when all of them have ended. */
async function playRound(
  stage: Stage,
  { number, faults }: Round,
  { weather, stopped }: Pick<Rounds, 'weather' | 'stopped'>,
): Promise<{ readonly ends: Promise<unknown> }> {
  const ends: Promise<unknown>[] = []
  const play = async ({ kind, delayMs, durationMs, seed }: PlannedFault) => {
    await pause(delayMs, stopped)
    weather.begin(number, kind)
    const fault: Fault = await begin[kind](stage, createRandom(seed))
    await pause(durationMs, stopped)
    const end = fault.end().finally(() => weather.end(kind))
    end.catch(() => {}) // reported once all have ended
    ends.push(end)
  }
  // All of them end, even if one fails.
  const played = await Promise.allSettled(faults.map(play))
  const failed = played.find((each) => each.status === 'rejected')
  if (failed) throw failed.reason
  return { ends: Promise.all(ends) }
}

async function pause(ms: number, stopped: AbortSignal): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { signal: stopped }).catch(() => {})
}
