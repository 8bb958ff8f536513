import { query } from '../database/database-errors.ts'
import type { Sql } from '../database/sql.ts'
import { AccountBusyError, OverloadedError } from '../errors.ts'
import { isOverdue } from './backlog.ts'
import { createFairQueue, type Waiting } from './fair-queue.ts'

/** Calls at once. Each may wait long for a lock: connections must be left to the batches and to reads. */
const maxCalls = 4
/** Calls that may wait; beyond them callers are told OVERLOADED. */
const queueSize = 1000

interface Call extends Waiting {
  /** When it is given up if it has not begun, by performance.now(). */
  readonly deadline: number
  start(): Promise<void>
  reject(error: Error): void
}

/**
 * Returns a function that runs calls of the ledger's functions that are not batched. Those of an app's own transaction run at once.
 * Those of the ledger's own client wait for accounts that are locked elsewhere, each with a connection: so they go a
 * few at a time, and one at a time for an account.
 *
 * It throws what `query` throws; OverloadedError and AccountBusyError where the call's turn does not come.
 */
export function createDirectCalls(own: Sql, { patienceMs }: { readonly patienceMs: number }) {
  const queue = createFairQueue<Call>()
  const atWork = new Set<string>()
  let calls = 0
  let arrivals = 0

  const fill = () => {
    while (calls < maxCalls) {
      const [call] = queue.take(1, ({ ownerIds }) =>
        ownerIds.some((id) => atWork.has(id)) ? 'wait' : 'take',
      )
      if (!call) return
      if (isOverdue(call)) call.reject(new AccountBusyError())
      else void work(call)
    }
  }

  const work = async ({ ownerIds, start }: Call) => {
    calls += 1
    for (const ownerId of ownerIds) atWork.add(ownerId)
    await start()
    for (const ownerId of ownerIds) atWork.delete(ownerId)
    calls -= 1
    fill()
  }

  return <Result>(sql: Sql, ownerIds: readonly string[], run: () => PromiseLike<Result>): Promise<Result> => {
    if (sql !== own) return query(run)
    return new Promise((resolve, reject) => {
      if (queue.size >= queueSize) {
        reject(new OverloadedError())
        return
      }
      arrivals += 1
      const start = () => query(run).then(resolve, reject)
      const deadline = performance.now() + patienceMs
      queue.add([{ ownerIds, entries: 1, arrival: arrivals, deadline, start, reject }])
      fill()
    })
  }
}
