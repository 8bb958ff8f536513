import type { Outcome } from './outcome.ts'
import { postingsOf, type Request } from './requests.ts'

/** How the postings of some owners went while a worker was away. */
interface Told {
  sent: number
  /** Acknowledged or refused, before the worker was back. */
  answered: number
}

interface Absence {
  /** Whose accounts are on the other workers. */
  readonly living: ReadonlySet<string>
  readonly since: number
}

/** Counts what clients are told while a worker is away. */
export class Absences {
  #now: Absence | undefined
  times = 0
  ms = 0
  /** Requests that name only owners of the other workers, and requests that name one of its own. */
  readonly living: Told = { sent: 0, answered: 0 }
  readonly own: Told = { sent: 0, answered: 0 }

  /** Records that a worker has gone. The returned function records that it is about to come back. */
  begin(living: ReadonlySet<string>): () => void {
    const since = performance.now()
    this.times += 1
    this.#now = { living, since }
    return () => {
      this.ms += performance.now() - since
      this.#now = undefined
    }
  }

  /** Records a request. The returned function records its answer. */
  send(request: Request): (outcomes: readonly Outcome[]) => void {
    const absence = this.#now
    const owners = ownersOf(request)
    if (absence === undefined || owners.length === 0) return () => {}
    const told = owners.every((owner) => absence.living.has(owner)) ? this.living : this.own
    told.sent += 1
    return (outcomes) => {
      const isAnswered = outcomes.every(({ is }) => is === 'done' || is === 'refused')
      if (this.#now === absence && isAnswered) told.answered += 1
    }
  }
}

function ownersOf(request: Request): readonly string[] {
  return postingsOf(request).flatMap(({ lines, hold }) => (hold ? [hold] : lines).map(({ owner }) => owner))
}
