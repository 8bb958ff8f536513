import { AccountBusyError, DatabaseUnavailableError } from '../errors.ts'
import { type Backlog, isOverdue, type Job } from './backlog.ts'
import type { Draft } from './draft.ts'
import { backOff, maxAttempts, mayPass } from './retry.ts'

/** The outcome of a draft whose accounts another transaction has locked. It has the owners of these accounts. */
export class LockedElsewhere {
  readonly ownerIds: readonly string[]

  constructor(ownerIds: readonly string[]) {
    this.ownerIds = ownerIds
  }
}

/**
 * Posts drafts in one call. With `waitMs` 0 it leaves out drafts whose accounts are locked elsewhere. Otherwise it
 * waits that long for them. @throws AccountBusyError when it does not get a lock in time
 */
export type PostBatch<Settled> = (
  drafts: readonly Draft[],
  waitMs: number,
) => Promise<readonly (Settled | LockedElsewhere)[]>

/**
 * Returns a function that sends jobs in one call, and in further calls when that one fails. Every caller gets its
 * outcome. Jobs whose accounts are busy go back to the backlog instead.
 */
export function createSender<Settled>(
  post: PostBatch<Settled>,
  backlog: Pick<Backlog<Settled>, 'free' | 'postpone'>,
): (jobs: readonly Job<Settled>[], waitMs: number) => Promise<void> {
  type Jobs = readonly Job<Settled>[]

  const send = async (jobs: Jobs, waitMs: number, attempt = 1): Promise<void> => {
    const drafts = jobs.map(({ draft }) => draft)
    try {
      settle(jobs, await post(drafts, waitMs))
    } catch (error) {
      const left = error instanceof DatabaseUnavailableError ? withoutHolds(jobs, error) : jobs
      await sendAgain(left, waitMs, attempt, error)
    }
  }

  const settle = (jobs: Jobs, outcomes: readonly (Settled | LockedElsewhere)[]) => {
    const locked = outcomes.filter((outcome) => outcome instanceof LockedElsewhere)
    const busyIds = new Set(locked.flatMap(({ ownerIds }) => ownerIds))
    const ownerIds = new Set(jobs.flatMap((job) => job.ownerIds))
    backlog.free([...ownerIds].filter((ownerId) => !busyIds.has(ownerId)))
    backlog.postpone(
      jobs.filter((_, index) => outcomes[index] instanceof LockedElsewhere),
      busyIds,
    )
    for (const [index, job] of jobs.entries()) {
      const outcome = outcomes[index]
      if (outcome instanceof LockedElsewhere) continue
      if (outcome) job.resolve(outcome)
      else job.reject(new Error('ledger.post left a draft out'))
    }
  }

  const sendAgain = async (jobs: Jobs, waitMs: number, attempt: number, error: unknown) => {
    if (error instanceof AccountBusyError) {
      // Everything that the call needs is locked: its one account, or the app's entries by a migration.
      backlog.postpone(jobs, new Set(jobs.map(({ ownerIds: [ownerId = ''] }) => ownerId)))
    } else if (mayPass(error) && attempt < maxAttempts && !jobs.every(isOverdue)) {
      await backOff(error, attempt)
      await send(jobs, waitMs, attempt + 1)
    } else if (mayPass(error) || jobs.length === 1) {
      for (const job of jobs) job.reject(error)
    } else {
      // One of the jobs makes the call fail. Halving finds it, and the others are posted.
      const middle = jobs.length >> 1
      await send(jobs.slice(0, middle), waitMs)
      await send(jobs.slice(middle), waitMs)
    }
  }

  return (jobs, waitMs) => send(jobs, waitMs)
}

/**
 * Rejects holds, and returns the other jobs. A hold whose answer was lost may have been made. Sent again, it would be
 * reported as a duplicate of itself.
 */
function withoutHolds<Settled>(jobs: readonly Job<Settled>[], error: DatabaseUnavailableError) {
  return jobs.filter((job) => {
    const makesHold = job.draft.lines.some(({ holdMs }) => holdMs !== undefined)
    if (makesHold) job.reject(error)
    return !makesHold
  })
}
