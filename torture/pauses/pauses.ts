import type { Outcome } from '../outcome.ts'
import type { Request } from '../requests.ts'

/** A part of the run. */
export interface Phase {
  readonly name: string
  readonly since: number
  /** Undefined while it lasts. */
  until?: number
  /** How many requests were answered for good. */
  answered: number
  /** The longest time from a request's first attempt to its final answer, in milliseconds. */
  longestMs: number
}

/** Measures how long postings take, over all attempts, in each part of a run. */
export class Pauses {
  readonly phases: Phase[] = []
  readonly #sentAt = new Map<Request, number>()

  /** Ends the current phase and begins another one. */
  begin(name: string): void {
    const since = this.#endPhase()
    this.phases.push({ name, since, answered: 0, longestMs: 0 })
  }

  /** Ends the last phase. Requests that nobody has answered have waited until now. */
  end(): void {
    for (const [request, sentAt] of this.#sentAt) this.#record(request, sentAt)
    this.#endPhase()
  }

  /** Records an attempt. The returned function records its answer. A request belongs to all phases that it touched. */
  send(request: Request): (outcomes: readonly Outcome[]) => void {
    const sentAt = this.#sentAt.get(request) ?? performance.now()
    this.#sentAt.set(request, sentAt)
    return (outcomes) => {
      const isAnswered = outcomes.every(({ is }) => is === 'done' || is === 'refused')
      if (!isAnswered || !this.#sentAt.has(request)) return
      this.#record(request, sentAt)
      const phase = this.phases.at(-1)
      if (phase) phase.answered += 1
    }
  }

  #record(request: Request, sentAt: number): void {
    this.#sentAt.delete(request)
    const ms = performance.now() - sentAt
    for (const phase of this.phases) {
      if ((phase.until ?? Number.POSITIVE_INFINITY) > sentAt) phase.longestMs = Math.max(phase.longestMs, ms)
    }
  }

  #endPhase(): number {
    const now = performance.now()
    const last = this.phases.at(-1)
    if (last) last.until ??= now
    return now
  }
}
