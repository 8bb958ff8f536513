import { createTally } from './tally.ts'

/** Work that takes one of a lane's places while it lasts. */
export interface Work {
  /** How many ms this work moves back in the queue, so that cheap work goes first. */
  readonly handicapMs: number
  /** How many more ms it moves back because its caller has other work there. It does not cause a turn of its own. */
  readonly othersMs?: number
  /** The caller, if known. A caller cannot take all places. */
  readonly caller?: string | undefined
  /** Whether nobody waits for the work any more. */
  isGone(): boolean
  /** @param done Gives the place back, and pauses the lane for `pauseMs`. Further calls do nothing. */
  start(done: (pauseMs: number) => void): void
  /** Called when the work will not start, because too much waits or it has waited too long. */
  refuse(): void
}

/** Runs one kind of work: `atOnce` pieces at a time, the others in turn. */
export interface Lane {
  enter(work: Work): void
}

interface LaneOptions {
  readonly atOnce: number
  /** How many pieces of one caller run at once at most. No separate limit when left out. */
  readonly atOncePerCaller?: number
  /** How many pieces of one caller run at once at most while others ask. */
  readonly atOnceBesideOthers?: number
  readonly waiting: number
  /** How many pieces of one caller wait at most. */
  readonly waitingPerCaller?: number
  readonly patienceMs: number
  /** Work with at least this handicap begins in a turn of the event loop of its own, after cheap work. */
  readonly ownTurnMs: number
  /** Whether this turn of the event loop has started enough. The rest then begins one per turn. */
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

  let lastCaller: string | undefined | null = null // no caller yet
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
    // When every waiting caller has as many places as it may have, nothing starts until one of them is done.
    if (pausedUntil > performance.now() || startNext()) schedule()
  }

  /** @returns whether work was started */
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

/** How long a caller counts as asking after it asked. */
const recentMs = 1_000

function insert(queue: Waiting[], item: Waiting): void {
  let place = queue.length
  while (place > 0 && (queue[place - 1]?.order ?? 0) > item.order) place -= 1
  queue.splice(place, 0, item)
}
