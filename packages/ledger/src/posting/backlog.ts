import { AccountBusyError } from '../errors.ts'
import { createBusyAccounts } from './busy-accounts.ts'
import type { Draft } from './draft.ts'
import { createFairQueue, type Turn, type Waiting } from './fair-queue.ts'

/** A draft that is to be posted, and its caller. */
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
 * The jobs that wait: in a queue, or in the line of a busy account, which another transaction has locked. What is taken
 * is at work until it is released, and its accounts are in no other call meanwhile.
 */
export interface Backlog<Settled> {
  /** How many jobs are in the queue. */
  readonly queued: number
  readonly busyAccounts: number
  add(job: Job<Settled>): void
  /** Takes jobs from the queue. Those for busy accounts join their lines instead. */
  take(maxEntries: number): readonly Job<Settled>[]
  /** Takes one job of each busy account's line. */
  takeOneOfEach(maxEntries: number): readonly Job<Settled>[]
  /** Takes jobs that are for one busy account alone: the account whose turn it is. */
  takeLine(maxEntries: number): readonly Job<Settled>[]
  release(jobs: readonly Job<Settled>[]): void
  /** Puts what waits for accounts that are free again back into the queue. */
  free(ownerIds: Iterable<string>): void
  /** Has jobs wait for the first of their accounts that is busy, if there is time. */
  postpone(jobs: readonly Job<Settled>[], busyIds: ReadonlySet<string>): void
  /** Gives up what has waited too long for busy accounts, and forgets accounts for which nothing waits. */
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
