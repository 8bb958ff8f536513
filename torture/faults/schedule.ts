import { createRandom } from '../random.ts'
import { allKinds, type FaultKind, faultKinds } from './kinds.ts'

/** One fault of a round. */
export interface PlannedFault {
  readonly kind: FaultKind
  /** From the beginning of the round. */
  readonly delayMs: number
  readonly durationMs: number
  /** The seed for what it draws: which server, which backend. */
  readonly seed: string
}

/** Faults that come together, after a pause without faults. */
export interface Round {
  readonly number: number
  readonly pauseMs: number
  readonly faults: readonly PlannedFault[]
}

const mostAtOnce = 3
const aloneProbability = 0.5
const [leastPauseMs, mostPauseMs] = [300, 1_500]
const mostDelayMs = 1_000

/**
 * Yields the rounds of a seed, without end. The kinds are dealt like cards: each comes once before any comes again,
 * alone or with others of other groups.
 */
export function* planRounds(seed: number, kinds: readonly FaultKind[] = allKinds): Generator<Round, never> {
  const random = createRandom(seed, 'faults')
  let deck: FaultKind[] = []
  for (let number = 1; ; number += 1) {
    if (deck.length === 0) deck = random.shuffle(kinds)
    const count = random.chance(aloneProbability) ? 1 : random.int(2, mostAtOnce)
    const together: FaultKind[] = []
    for (const kind of [...deck]) {
      if (together.length === count) break
      if (together.some((other) => faultKinds[other].group === faultKinds[kind].group)) continue
      together.push(kind)
      deck.splice(deck.indexOf(kind), 1)
    }
    const faults = together.map((kind): PlannedFault => {
      const [least, most] = faultKinds[kind].seconds
      return {
        kind,
        delayMs: together.length > 1 ? random.int(0, mostDelayMs) : 0,
        durationMs: Math.round((least + random.next() * (most - least)) * 1000),
        seed: `${seed} round ${number} ${kind}`,
      }
    })
    yield { number, pauseMs: random.int(leastPauseMs, mostPauseMs), faults }
  }
}

/** Returns the shortest length of a round. */
export function lengthOf({ pauseMs, faults }: Round): number {
  return pauseMs + Math.max(...faults.map(({ delayMs, durationMs }) => delayMs + durationMs))
}
