/** Something to be done that takes a place for as long as it lasts. */
export interface Work {
  /** Whether nobody waits for it any more. */
  isGone(): boolean
  /** @param done Gives the place back; called again, it does nothing. */
  start(done: () => void): void
  /** It is not started: too much waits, or it has waited too long. */
  refuse(): void
}

/** Does one kind of work: so much at once, the rest in the order of its arrival. */
export interface Lane {
  enter(work: Work): void
}

export function createLane({
  atOnce,
  waiting: maxWaiting,
  patienceMs,
}: {
  readonly atOnce: number
  readonly waiting: number
  readonly patienceMs: number
}): Lane {
  const waiting: { readonly work: Work; readonly until: number }[] = []
  let places = atOnce

  const start = (work: Work) => {
    places -= 1
    let isDone = false
    work.start(() => {
      if (isDone) return
      isDone = true
      places += 1
      startWaiting()
    })
  }

  const startWaiting = () => {
    while (places > 0) {
      const next = waiting.shift()
      if (!next) return
      if (next.work.isGone()) continue
      if (next.until < performance.now()) next.work.refuse()
      else start(next.work)
    }
  }

  return {
    enter(work) {
      if (places > 0) start(work)
      else if (waiting.length < maxWaiting) waiting.push({ work, until: performance.now() + patienceMs })
      else work.refuse()
    },
  }
}
