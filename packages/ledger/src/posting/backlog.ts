import { AccountBusyError } from '../errors.ts'
import { createBusyAccounts } from './busy-accounts.ts'
import type { Draft } from './draft.ts'
import { createFairQueue, type Turn, type Waiting } from './fair-queue.ts'

/** A draft to post, and its caller. */
export interface Job<Settled> extends Waiting {
  readonly draft: Draft
  /** When it is given up if an account is still busy, by performance.now(). */
  readonly deadline: number
  resolve(settled: Settled): void
  reject(error: unknown): void
}

export function isOverdue({ deadline }: { readonly deadline: number }): boolean {
  return deadline <= performance.now()
}

/**
 * The waiting jobs: in a queue, or in the line of a busy account, which another transaction has locked. A job that is
 * taken is at work until it is released. Meanwhile its accounts are in no other call.
 */
export interface Backlog<Settled> {
  /** How many jobs are in the queue. */
  readonly queued: number
  readonly busyAccounts: number
  add(job: Job<Settled>): void
  /** Takes jobs from the queue. Jobs for busy accounts join their lines instead. */
  take(maxEntries: number): readonly Job<Settled>[]
  /** Takes one job from each busy account's line. */
  takeOneOfEach(maxEntries: number): readonly Job<Settled>[]
  /** Takes jobs for the busy account whose turn it is, if they are for that account alone. */
  takeLine(maxEntries: number): readonly Job<Settled>[]
  release(jobs: readonly Job<Settled>[]): void
  /** Moves the jobs of accounts that are free again back to the queue. */
  free(ownerIds: Iterable<string>): void
  /** Makes jobs wait for their first busy account, if there is time. */
  postpone(jobs: readonly Job<Settled>[], busyIds: ReadonlySet<string>): void
  /** Gives up jobs that have waited too long for busy accounts, and forgets accounts without waiting jobs. */
  giveUpOverdue(): void
}

export function createBacklog<Settled>(): Backlog<Settled> {
  const queue = createFairQueue<Job<Settled>>()
  const busy = createBusyAccounts<Job<Settled>>()
  const idsAtWork = new Set<string>()

  const isFree = ({ ownerIds }: Job<Settled>) => !ownerIds.some((ownerId) => idsAtWork.has(ownerId))

  const turnOf = (job: Job<Settled>): Turn => {
    const busyId = job.ownerIds.find(busy.has)
    if (busyId === undefined) return isFree(job) ? 'take' : 'wait'
    busy.join(busyId, job)
    return 'leave'
  }

  const atWork = (jobs: readonly Job<Settled>[]) => {
    for (const { ownerIds } of jobs) for (const ownerId of ownerIds) idsAtWork.add(ownerId)
    return jobs
  }

  return {
    get queued() {
      return queue.size
    },
    get busyAccounts() {
      return busy.accounts
    },
    add: (job) => queue.add([job]),
    take: (maxEntries) => atWork(queue.take(maxEntries, turnOf)),
    takeOneOfEach: (maxEntries) => atWork(busy.takeOneOfEach(maxEntries, isFree)),
    takeLine: (maxEntries) => atWork(busy.takeLine(maxEntries, isFree)),
    release(jobs) {
      for (const { ownerIds } of jobs) for (const ownerId of ownerIds) idsAtWork.delete(ownerId)
    },
    free(ownerIds) {
      for (const ownerId of ownerIds) queue.add(busy.free(ownerId))
    },
    postpone(jobs, busyIds) {
      for (const ownerId of busyIds) busy.found(ownerId)
      for (const job of jobs) {
        const busyId = job.ownerIds.find((ownerId) => busyIds.has(ownerId))
        if (busyId === undefined) job.reject(new Error('a posting was left out for accounts of others'))
        else if (isOverdue(job)) job.reject(new AccountBusyError())
        else busy.join(busyId, job)
      }
    },
    giveUpOverdue() {
      for (const job of busy.takeAll(isOverdue)) job.reject(new AccountBusyError())
      busy.forgetEmpty((ownerId) => idsAtWork.has(ownerId))
    },
  }
}
