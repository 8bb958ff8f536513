import { setTimeout as sleep } from 'node:timers/promises'
import {
  AccountBusyError,
  DatabaseUnavailableError,
  OverloadedError,
  TransactionConflictError,
} from '../errors.ts'
import { createBusyAccounts } from './busy-accounts.ts'
import type { Draft } from './draft.ts'
import { createFairQueue, type Turn, type Waiting } from './fair-queue.ts'

/** How the batcher shares out its work. */
export interface BatchLimits {
  /** Calls of ledger.post at once, beside those for busy accounts. */
  readonly lanes: number
  /** Drafts that must wait for a further call at once: for fewer, what a call itself costs is better saved. */
  readonly crowd: number
  /** Entries in one call; a larger transaction goes alone. */
  readonly batchSize: number
  /** Drafts that may be unanswered, wherever they wait; beyond them callers are told OVERLOADED. */
  readonly unanswered: number
  /** How long after its arrival a draft is given up whose account is locked elsewhere. */
  readonly patienceMs: number
}

export const batchLimits: BatchLimits = {
  lanes: 2,
  crowd: 64,
  batchSize: 256,
  unanswered: 10_000,
  patienceMs: 10_000,
}

/** Instead of a draft's outcome: those of its accounts that another transaction has locked. */
export class LockedElsewhere {
  readonly ownerIds: readonly string[]

  constructor(ownerIds: readonly string[]) {
    this.ownerIds = ownerIds
  }
}

/**
 * Posts drafts in one call, without those whose accounts are locked elsewhere; or, where `waitMs` is not 0, waits that
 * long for such accounts. @throws AccountBusyError when a lock is not had in time.
 */
export type PostBatch<Settled> = (
  drafts: readonly Draft[],
  waitMs: number,
) => Promise<readonly (Settled | LockedElsewhere)[]>

/** A draft and its caller. */
interface Job<Settled> extends Waiting {
  readonly draft: Draft
  /** When it is given up if an account is still busy, by performance.now(). */
  readonly deadline: number
  resolve(settled: Settled): void
  reject(error: unknown): void
}

const maxAttempts = 5
const firstDelayMs = 20

/** The pause between two looks at the busy accounts. */
const lookMs = 25
/** How long the account whose turn it is may keep a connection waiting. */
const turnMs = 1000

/**
 * Posts what many callers ask for at once in few calls. An account has one call at a time.
 *
 * What is for an account that another transaction has locked leaves the lanes, so that it delays nobody else. One call
 * looks at all such accounts again and again, with one job of each, and another waits for one of them after the other in
 * PostgreSQL's own line of waiters: an account that is hardly ever free is had in this way. It waits with jobs that are
 * for this account alone, and so keeps no other account from its work.
 *
 * The answer rejects with OverloadedError, AccountBusyError, TransactionConflictError or DatabaseUnavailableError, all
 * of which may be retried with the same nonce.
 */
export function createBatcher<Settled>(
  post: PostBatch<Settled>,
  limits: BatchLimits = batchLimits,
): (draft: Draft) => Promise<Settled> {
  type Jobs = readonly Job<Settled>[]
  const queue = createFairQueue<Job<Settled>>()
  const busy = createBusyAccounts<Job<Settled>>()
  /** How many jobs are at work on each owner's account. */
  const atWork = new Map<string, number>()
  let arrivals = 0
  let unanswered = 0
  let lanes = 0
  let isScheduled = false
  let isLooking = false
  let isWaiting = false
  let nextLook: NodeJS.Timeout | undefined

  /** Once per turn of the event loop: what is asked for in one turn goes together. */
  const schedule = () => {
    if (isScheduled) return
    isScheduled = true
    setImmediate(() => {
      isScheduled = false
      wait()
      fillLanes()
      lookLater()
    })
  }

  const lookLater = () => {
    if (busy.accounts > 0) nextLook ??= setTimeout(look, lookMs)
  }

  const fillLanes = () => {
    while (lanes === 0 || (lanes < limits.lanes && queue.size >= limits.crowd)) {
      const jobs = queue.take(limits.batchSize, turnOf)
      if (jobs.length === 0) return
      lanes += 1
      void work(jobs, 0).then(() => {
        lanes -= 1
      })
    }
  }

  /** Looks whether busy accounts are free again. */
  const look = () => {
    clearTimeout(nextLook)
    nextLook = undefined
    for (const job of busy.takeAll(isOverdue)) job.reject(new AccountBusyError())
    busy.forgetEmpty((ownerId) => atWork.has(ownerId))
    const jobs = isLooking ? [] : busy.takeOneOfEach(limits.batchSize, isFree)
    if (jobs.length > 0) {
      const { accounts } = busy
      isLooking = true
      void work(jobs, 0).then(() => {
        isLooking = false
        // Some are free again, and so may be those behind them.
        if (busy.accounts < accounts) look()
      })
    }
    schedule()
  }

  /** Waits for the busy account whose turn it is. */
  const wait = () => {
    if (isWaiting) return
    const jobs = busy.takeLine(limits.batchSize, isFree)
    if (jobs.length === 0) return
    isWaiting = true
    void work(jobs, Math.min(turnMs, limits.patienceMs)).then(() => {
      isWaiting = false
    })
  }

  const isFree = ({ ownerIds }: Job<Settled>) => !ownerIds.some((ownerId) => atWork.has(ownerId))

  const turnOf = (job: Job<Settled>): Turn => {
    const busyId = job.ownerIds.find(busy.has)
    if (busyId === undefined) return isFree(job) ? 'take' : 'wait'
    busy.join(busyId, job)
    return 'leave'
  }

  const work = async (jobs: Jobs, waitMs: number) => {
    for (const job of jobs) claim(job, +1)
    await settle(jobs, waitMs)
    for (const job of jobs) claim(job, -1)
    schedule()
  }

  const claim = ({ ownerIds }: Job<Settled>, change: 1 | -1) => {
    for (const ownerId of ownerIds) {
      const jobs = (atWork.get(ownerId) ?? 0) + change
      if (jobs === 0) atWork.delete(ownerId)
      else atWork.set(ownerId, jobs)
    }
  }

  /** Tells every caller the outcome, but for those whose accounts are busy: their jobs wait on. */
  const settle = async (jobs: Jobs, waitMs: number, attempt = 1): Promise<void> => {
    try {
      const settled = await post(
        jobs.map(({ draft }) => draft),
        waitMs,
      )
      const busyIds = new Set(
        settled.flatMap((outcome) => (outcome instanceof LockedElsewhere ? outcome.ownerIds : [])),
      )
      for (const ownerId of new Set(jobs.flatMap(({ ownerIds }) => ownerIds))) {
        if (!busyIds.has(ownerId)) queue.add(busy.free(ownerId))
      }
      postpone(
        jobs.filter((_, index) => settled[index] instanceof LockedElsewhere),
        busyIds,
      )
      for (const [index, job] of jobs.entries()) {
        const outcome = settled[index]
        if (outcome instanceof LockedElsewhere) continue
        if (outcome) job.resolve(outcome)
        else job.reject(new Error('ledger.post left a draft out'))
      }
    } catch (error) {
      await settleOtherwise(jobs, waitMs, attempt, error)
    }
  }

  const settleOtherwise = async (failed: Jobs, waitMs: number, attempt: number, error: unknown) => {
    const jobs = error instanceof DatabaseUnavailableError ? withoutHolds(failed, error) : failed
    if (jobs.length === 0) return
    if (error instanceof AccountBusyError) {
      // All that the call needs is locked: its one account, or the app's entries by a migration.
      postpone(jobs, new Set(jobs.map(({ ownerIds: [ownerId = ''] }) => ownerId)))
      return
    }
    const mayPass = error instanceof TransactionConflictError || error instanceof DatabaseUnavailableError
    if (mayPass && attempt < maxAttempts && !jobs.every(isOverdue)) {
      await sleep(firstDelayMs * 2 ** attempt * (0.5 + Math.random()))
      await settle(jobs, waitMs, attempt + 1)
      return
    }
    if (mayPass || jobs.length === 1) {
      for (const job of jobs) job.reject(error)
      return
    }
    // One of them poisons the call: halving finds it, and the others are posted.
    const middle = jobs.length >> 1
    await settle(jobs.slice(0, middle), waitMs)
    await settle(jobs.slice(middle), waitMs)
  }

  /** A hold whose answer was lost may have been made: sent again, it would be told as a duplicate of itself. */
  const withoutHolds = (jobs: Jobs, error: DatabaseUnavailableError): Jobs => {
    const makesHold = ({ draft }: Job<Settled>) => draft.lines.some(({ holdMs }) => holdMs !== undefined)
    for (const job of jobs.filter(makesHold)) job.reject(error)
    return jobs.filter((job) => !makesHold(job))
  }

  /** Has jobs wait for the first of their accounts that is busy, if there is time. */
  const postpone = (jobs: Jobs, busyIds: ReadonlySet<string>) => {
    for (const ownerId of busyIds) busy.found(ownerId)
    for (const job of jobs) {
      if (isOverdue(job)) job.reject(new AccountBusyError())
      else busy.join(job.ownerIds.find((ownerId) => busyIds.has(ownerId)) ?? '', job)
    }
  }

  const isOverdue = ({ deadline }: Job<Settled>) => deadline <= performance.now()

  const counted =
    <Answer>(settle: (answer: Answer) => void) =>
    (answer: Answer) => {
      unanswered -= 1
      settle(answer)
    }

  return (draft) =>
    new Promise((resolve, reject) => {
      if (unanswered >= limits.unanswered) {
        reject(new OverloadedError())
        return
      }
      unanswered += 1
      arrivals += 1
      queue.add([
        {
          draft,
          ownerIds: [...new Set(draft.lines.map(({ ownerId }) => ownerId))],
          entries: draft.lines.length,
          arrival: arrivals,
          deadline: performance.now() + limits.patienceMs,
          resolve: counted(resolve),
          reject: counted(reject),
        },
      ])
      schedule()
    })
}
