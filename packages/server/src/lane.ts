import { createTally } from './tally.ts'

/** Something to be done that takes a place for as long as it lasts. */
export interface Work {
  /** How many ms later than it did it counts as having come, where there is a queue: what costs little goes first. */
  readonly handicapMs: number
  /** How many ms later it counts as having come for what its caller has there besides: no reason for a turn of its own. */
  readonly othersMs?: number
  /** Whose it is, where that is told: one caller's work leaves some places to others. */
  readonly caller?: string | undefined
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
  /** How many of one caller's are at work at most; as many as there are when left out. */
  readonly atOncePerCaller?: number
  /** How many of one caller's are at work at most while others ask. */
  readonly atOnceBesideOthers?: number
  readonly waiting: number
  /** How many of one caller's wait at most. */
  readonly waitingPerCaller?: number
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
  const {
    atOnce,
    atOncePerCaller = atOnce,
    atOnceBesideOthers = atOncePerCaller,
    waiting: maxWaiting,
    waitingPerCaller = maxWaiting,
    patienceMs,
    ownTurnMs,
    isTurnLong,
  } = options
  const queue: Waiting[] = []
  const atWork = createTally()
  const waiting = createTally()
  let places = atOnce
  let isScheduled = false
  let pausedUntil = 0

  const start = (work: Work) => {
    places -= 1
    atWork.add(work.caller)
    let isDone = false
    work.start((pauseMs) => {
      if (isDone) return
      isDone = true
      places += 1
      atWork.remove(work.caller)
      pausedUntil = Math.max(pausedUntil, performance.now()) + pauseMs
      schedule()
    })
  }

  let lastCaller: string | undefined | null = null // of nobody yet
  let besideOthersUntil = 0
  const noteCaller = (caller: string | undefined, now: number) => {
    if (lastCaller !== null && caller !== lastCaller) besideOthersUntil = now + recentMs
    lastCaller = caller
  }

  const hasPlace = ({ caller }: Work) => {
    const most = performance.now() < besideOthersUntil ? atOnceBesideOthers : atOncePerCaller
    return places > 0 && atWork.of(caller) < most
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
    // Where all that wait have as many places as they may, one of them that is done goes on.
    if (pausedUntil > performance.now() || startNext()) schedule()
  }

  /** @returns Whether something was started. */
  const startNext = (): boolean => {
    let index = 0
    for (let next = queue[index]; next; next = queue[index]) {
      const { work, until } = next
      const isLate = until < performance.now()
      if (!work.isGone() && !isLate && !hasPlace(work)) {
        index += 1
        continue
      }
      queue.splice(index, 1)
      waiting.remove(work.caller)
      if (work.isGone()) continue
      if (isLate) work.refuse()
      else {
        start(work)
        return true
      }
    }
    return false
  }

  return {
    enter(work) {
      const now = performance.now()
      noteCaller(work.caller, now)
      const mayBegin =
        hasPlace(work) && queue.length === 0 && pausedUntil <= now && work.handicapMs < ownTurnMs
      if (mayBegin && !isTurnLong()) return start(work)
      const isFull = queue.length >= maxWaiting || waiting.of(work.caller) >= waitingPerCaller
      if (isFull) return work.refuse()
      waiting.add(work.caller)
      insert(queue, { work, order: now + work.handicapMs + (work.othersMs ?? 0), until: now + patienceMs })
      schedule()
    },
  }
}

/** For how long somebody who asked counts as asking. */
const recentMs = 1_000

function insert(queue: Waiting[], item: Waiting): void {
  let place = queue.length
  while (place > 0 && (queue[place - 1]?.order ?? 0) > item.order) place -= 1
  queue.splice(place, 0, item)
}
