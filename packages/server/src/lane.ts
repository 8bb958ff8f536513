/** Something to be done that takes a place for as long as it lasts. */
export interface Work {
  /** How many ms later than it did it counts as having come, where there is a queue: what costs little goes first. */
  readonly handicapMs: number
  /** Whether nobody waits for it any more. */
  isGone(): boolean
  /** @param done Gives the place back, and for how long the lane begins nothing; called again, it does nothing. */
  start(done: (pauseMs: number) => void): void
  /** It is not started: too much waits, or it has waited too long. */
  refuse(): void
}

/** Does one kind of work: so much at once, the rest when its turn comes. */
export interface Lane {
  enter(work: Work): void
}

export interface LaneOptions {
  readonly atOnce: number
  readonly waiting: number
  readonly patienceMs: number
  /** From which handicap on work is begun in a turn of the event loop of its own, behind what costs little. */
  readonly ownTurnMs: number
  /** Whether so much was started in this turn of the event loop that the rest goes on one per turn. */
  readonly isTurnLong: () => boolean
}

interface Waiting {
  readonly work: Work
  /** Its place in the queue. */
  readonly order: number
  readonly until: number
}

export function createLane(options: LaneOptions): Lane {
  const { atOnce, waiting: maxWaiting, patienceMs, ownTurnMs, isTurnLong } = options
  const queue: Waiting[] = []
  let places = atOnce
  let isScheduled = false
  let pausedUntil = 0

  const start = (work: Work) => {
    places -= 1
    let isDone = false
    work.start((pauseMs) => {
      if (isDone) return
      isDone = true
      places += 1
      pausedUntil = Math.max(pausedUntil, performance.now()) + pauseMs
      schedule()
    })
  }

  const schedule = () => {
    if (isScheduled || places === 0 || queue.length === 0) return
    isScheduled = true
    const paused = pausedUntil - performance.now()
    if (paused > 0) setTimeout(goOn, paused)
    else setImmediate(goOn)
  }

  const goOn = () => {
    isScheduled = false
    if (pausedUntil <= performance.now()) startNext()
    schedule()
  }

  const startNext = () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      if (next.work.isGone()) continue
      if (next.until >= performance.now()) return start(next.work)
      next.work.refuse()
    }
  }

  return {
    enter(work) {
      const now = performance.now()
      const mayBegin = places > 0 && queue.length === 0 && pausedUntil <= now && work.handicapMs < ownTurnMs
      if (mayBegin && !isTurnLong()) return start(work)
      if (queue.length >= maxWaiting) return work.refuse()
      insert(queue, { work, order: now + work.handicapMs, until: now + patienceMs })
      schedule()
    },
  }
}

function insert(queue: Waiting[], item: Waiting): void {
  let place = queue.length
  while (place > 0 && (queue[place - 1]?.order ?? 0) > item.order) place -= 1
  queue.splice(place, 0, item)
}
