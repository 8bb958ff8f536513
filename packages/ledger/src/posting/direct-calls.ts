import { query } from '../database/database-errors.ts'
import type { Sql } from '../database/sql.ts'
import { AccountBusyError, OverloadedError } from '../errors.ts'
import { isOverdue } from './backlog.ts'
import { createFairQueue, type Waiting } from './fair-queue.ts'

/** The most calls at once. Each may wait long for a lock, and batches and reads need connections too. */
const maxCalls = 4
/** How many calls may wait. Beyond that, callers get OVERLOADED. */
const queueSize = 1000

interface Call extends Waiting {
  /** When it is given up if it has not begun, by performance.now(). */
  readonly deadline: number
  start(): Promise<void>
  reject(error: Error): void
}

/**
 * Returns a function that runs the calls that are not batched. Calls in an app's own transaction run at once. Calls on
 * the ledger's own client wait for accounts that are locked elsewhere, each with a connection. So only a few run at a
 * time, and only one for an account.
 *
 * @throws the errors of `query`, and OverloadedError or AccountBusyError when the call's turn does not come
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
