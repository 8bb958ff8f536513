import { setTimeout as sleep } from 'node:timers/promises'
import {
  AccountBusyError,
  DatabaseUnavailableError,
  OverloadedError,
  TransactionConflictError,
} from '../errors.ts'
import type { Draft } from './draft.ts'
import { createFairQueue } from './fair-queue.ts'

/** How the batcher shares out its work. */
export interface BatchLimits {
  /** Calls of ledger.post at once. */
  readonly lanes: number
  /** Drafts in one call. */
  readonly batchSize: number
  /** Drafts that may be unanswered, wherever they wait; beyond them callers are told OVERLOADED. */
  readonly unanswered: number
  /** Calls at once that wait for accounts which are locked elsewhere. */
  readonly waiters: number
}

export const batchLimits: BatchLimits = { lanes: 2, batchSize: 256, unanswered: 10_000, waiters: 4 }

/** What a call does about accounts that another transaction has locked. */
export type BusyAccounts = 'wait' | 'leave out'

/** Posts drafts in one call. Accounts that are locked elsewhere are waited for, or left out as `busy`. */
export type PostBatch<Settled> = (
  drafts: readonly Draft[],
  busyAccounts: BusyAccounts,
) => Promise<readonly (Settled | 'busy')[]>

/** A draft and its caller. */
interface Job<Settled> {
  readonly draft: Draft
  readonly ownerIds: readonly string[]
  resolve(settled: Settled): void
  reject(error: unknown): void
}

const maxAttempts = 5
const firstDelayMs = 20

/**
 * Posts what many callers ask for at once in few calls. An account has one call at a time, and what waits for one that is
 * locked elsewhere waits beside the lanes, so that it delays nobody else.
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
  /** How many jobs are at work on each owner's account. */
  const atWork = new Map<string, number>()
  const waiting: Jobs[] = []
  let lanes = 0
  let waiters = 0
  let unanswered = 0
  let isScheduled = false

  /** Once per turn of the event loop: what is asked for in one turn goes together. */
  const schedule = () => {
    if (isScheduled) return
    isScheduled = true
    setImmediate(() => {
      isScheduled = false
      fillLanes()
      fillWaiters()
    })
  }

  const fillLanes = () => {
    while (lanes < limits.lanes) {
      const jobs = queue.take(limits.batchSize, (ownerId) => atWork.has(ownerId))
      if (jobs.length === 0) return
      for (const job of jobs) claim(job, +1)
      lanes += 1
      void settle(jobs, 'leave out').then((busy) => {
        lanes -= 1
        waiting.push(...byFirstOwner(busy))
        done(jobs.filter((job) => !busy.includes(job)))
      })
    }
  }

  const fillWaiters = () => {
    while (waiters < limits.waiters) {
      const jobs = waiting.shift()
      if (!jobs) return
      waiters += 1
      void settle(jobs, 'wait').then(() => {
        waiters -= 1
        done(jobs)
      })
    }
  }

  const claim = ({ ownerIds }: Job<Settled>, change: 1 | -1) => {
    for (const ownerId of ownerIds) {
      const jobs = (atWork.get(ownerId) ?? 0) + change
      if (jobs === 0) atWork.delete(ownerId)
      else atWork.set(ownerId, jobs)
    }
  }

  const done = (jobs: Jobs) => {
    unanswered -= jobs.length
    for (const job of jobs) claim(job, -1)
    schedule()
  }

  /** Tells every caller the outcome, but for those whose accounts are busy: these are answered. */
  const settle = async (jobs: Jobs, busyAccounts: BusyAccounts, attempt = 1): Promise<Jobs> => {
    try {
      const settled = await post(
        jobs.map(({ draft }) => draft),
        busyAccounts,
      )
      return jobs.filter((job, index) => {
        const outcome = settled[index]
        if (outcome === 'busy') return true
        if (outcome) job.resolve(outcome)
        else job.reject(new Error('ledger.post left a draft out'))
        return false
      })
    } catch (error) {
      return await settleOtherwise(jobs, busyAccounts, attempt, error)
    }
  }

  const settleOtherwise = async (
    jobs: Jobs,
    busyAccounts: BusyAccounts,
    attempt: number,
    error: unknown,
  ): Promise<Jobs> => {
    if (error instanceof AccountBusyError && busyAccounts === 'leave out') return jobs
    const mayPass = error instanceof TransactionConflictError || error instanceof DatabaseUnavailableError
    if (mayPass && attempt < maxAttempts) {
      await sleep(firstDelayMs * 2 ** attempt * (0.5 + Math.random()))
      return settle(jobs, busyAccounts, attempt + 1)
    }
    if (mayPass || error instanceof AccountBusyError || jobs.length === 1) {
      for (const job of jobs) job.reject(error)
      return []
    }
    // One of them poisons the call: halving finds it, and the others are posted.
    const middle = jobs.length >> 1
    const first = await settle(jobs.slice(0, middle), busyAccounts)
    return [...first, ...(await settle(jobs.slice(middle), busyAccounts))]
  }

  return (draft) =>
    new Promise((resolve, reject) => {
      if (unanswered >= limits.unanswered) {
        reject(new OverloadedError('Too many postings wait already. Try again shortly, with the same nonce.'))
        return
      }
      unanswered += 1
      const ownerIds = [...new Set(draft.lines.map(({ ownerId }) => ownerId))]
      queue.add({ draft, ownerIds, resolve, reject })
      schedule()
    })
}

/** Jobs that wait for one account go together. */
function byFirstOwner<Item extends { readonly ownerIds: readonly string[] }>(
  jobs: readonly Item[],
): Item[][] {
  const groups = new Map<string, Item[]>()
  for (const job of jobs) {
    const [ownerId = ''] = job.ownerIds
    const group = groups.get(ownerId)
    if (group) group.push(job)
    else groups.set(ownerId, [job])
  }
  return [...groups.values()]
}
