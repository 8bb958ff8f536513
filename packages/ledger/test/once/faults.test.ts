import { withConnection } from '@shared-ledger/postgres'
import { describe, expect, test } from 'vitest'
import { postingSignals, type RunTransaction } from '../../src/index.ts'
import { barrier, brokenBooks, openLedger } from '../open-ledger.ts'
import { type Tx, waysOf } from '../transactions/ways.ts'
import { commitLosses, endConnectionOf } from './losses.ts'
import { openShop, order, rowsOf } from './shop.ts'

const { ledger, pool, sql, database } = await openLedger({ deadlocks: 1 })
const commits = commitLosses(pool)
await openShop(sql)
// The apps' own pools have to handle a lost connection themselves: without a listener, node-postgres ends the process.
const { ours } = waysOf({ pool, url: database.directUrl })

let owners = 0
async function owner(amount = 10): Promise<string> {
  owners += 1
  const ownerId = `owner ${owners}`
  await ledger.postEntry({ ownerId, operation: 'CREDIT_ADD', amount, nonce: 'credits' })
  return ownerId
}

const orderOf = (ownerId: string) => ({ ownerId, amount: 4, nonce: 'n', body: 'a book', key: null })

describe.each(ours)('by $name', ({ transactions }) => {
  test('work whose connection is lost before COMMIT is done again, once', async () => {
    const ownerId = await owner()
    let attempts = 0
    const result = await order({ ledger, pool, transactions }, orderOf(ownerId), {
      async afterWrite(tx) {
        attempts += 1
        if (attempts === 1) await endConnectionOf(tx, pool)
      },
    })
    expect(attempts).toBe(2)
    expect(result).toMatchObject({ replayed: false, balance: { amount: 6 } })
    expect(await rowsOf(sql, ownerId)).toEqual(['a book'])
  })

  test('when the answer to COMMIT is lost, the nonce tells that it was done', async () => {
    const ownerId = await owner()
    let writes = 0
    const result = await order({ ledger, pool, transactions }, orderOf(ownerId), {
      async beforeWrite() {
        writes += 1
        commits.loseNext()
      },
    })
    expect(writes).toBe(1)
    expect(result).toMatchObject({ replayed: true, row: { body: 'a book' }, balance: { amount: 6 } })
    expect(await rowsOf(sql, ownerId)).toEqual(['a book'])
  })

  test('work that waits for another whose connection dies is done in its place', async () => {
    const ownerId = await owner()
    const waiting: PromiseLike<unknown>[] = []
    const error = new Error('the process is gone')
    const dying = order({ ledger, pool, transactions }, orderOf(ownerId), {
      async afterWrite(tx) {
        waiting.push(order({ ledger, pool, transactions }, orderOf(ownerId)))
        await untilWaiting()
        await endConnectionOf(tx, pool)
        throw error
      },
    })
    await expect(dying).rejects.toBe(error)
    expect(await waiting[0]).toMatchObject({ replayed: false })
    expect(await rowsOf(sql, ownerId)).toEqual(['a book'])
  })
})

/** Waits until a session waits for a lock of another session: on a cluster, on any node. */
async function untilWaiting(): Promise<void> {
  const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
  const count = (url: string) =>
    withConnection(url, async (connection) => (await connection.query(waiting)).rowCount ?? 0)
  await expect
    .poll(async () => Math.max(...(await Promise.all(database.nodeUrls.map(count)))))
    .toBeGreaterThan(0)
}

test('of two that wait for each other, the one that PostgreSQL ends is done again', async () => {
  const [left, right] = [await owner(), await owner()]
  const { transactions } = ours[0] ?? expect.fail('there is no way')
  const arrive = barrier(2)
  let attempts = 0
  const retries: string[] = []
  const stop = postingSignals.retry.listen(({ code }) => retries.push(code))
  const crossing = (first: string, second: string) =>
    ledger.once(transactions, {
      post: ({ tx }) =>
        ledger.postEntry(
          { ownerId: first, operation: 'CREDIT_SPEND', amount: 1, nonce: `from ${first}` },
          { tx },
        ),
      async write({ tx }, { entry }) {
        attempts += 1
        if (attempts <= 2) await arrive()
        await ledger.postEntry(
          { ownerId: second, operation: 'CREDIT_ADD', amount: 1, nonce: `from ${first}` },
          { tx },
        )
        return entry.id
      },
      find: async () => null,
    })
  const results = await Promise.all([crossing(left, right), crossing(right, left)])
  stop()
  expect(results).toMatchObject([{ replayed: false }, { replayed: false }])
  expect({ attempts, retries }).toEqual({ attempts: 3, retries: ['TRANSACTION_CONFLICT'] })
  for (const ownerId of [left, right]) expect(await ledger.balance(ownerId)).toMatchObject({ amount: 10 })
})

test('a lasting failure is thrown unchanged after five attempts', async () => {
  let attempts = 0
  const error = new Error('Connection terminated unexpectedly')
  const away: RunTransaction<Tx> = async () => {
    attempts += 1
    throw error
  }
  await expect(order({ ledger, pool, transactions: away }, orderOf('nobody'))).rejects.toMatchObject({
    code: 'DATABASE_UNAVAILABLE',
    cause: error,
  })
  expect(attempts).toBe(5)
})

test('an app’s own error after a conflict is tried again, and then thrown unchanged', async () => {
  const ownerId = await owner()
  const { transactions } = ours[0] ?? expect.fail('there is no way')
  const conflict = Object.assign(new Error('could not serialize access'), { code: '40001' })
  const error = new Error('the order was not written', { cause: conflict })
  let attempts = 0
  const failing = order({ ledger, pool, transactions }, orderOf(ownerId), {
    async beforeWrite() {
      attempts += 1
      throw error
    },
  })
  await expect(failing).rejects.toBe(error)
  expect(attempts).toBe(5)
  expect(await ledger.balance(ownerId)).toMatchObject({ amount: 10 })
})

test('a conflict while the row is looked for is tried again', async () => {
  const ownerId = await owner()
  const { transactions } = ours[0] ?? expect.fail('there is no way')
  await order({ ledger, pool, transactions }, orderOf(ownerId))
  let attempts = 0
  const again = await order({ ledger, pool, transactions }, orderOf(ownerId), {
    async beforeFind() {
      attempts += 1
      if (attempts === 1) throw Object.assign(new Error('could not serialize access'), { code: '40001' })
    },
  })
  expect({ attempts, replayed: again.replayed }).toEqual({ attempts: 2, replayed: true })
})

test('a hold without rows whose answer is lost is found again', async () => {
  const ownerId = await owner()
  let attempts = 0
  const held = await ledger.once({
    async post() {
      attempts += 1
      const hold = { ownerId, operation: 'CREDIT_SPEND', amount: 2, nonce: 'h', expiresIn: 60 } as const
      const result = await ledger.holdCredits(hold)
      if (attempts === 1) throw Object.assign(new Error('Connection terminated unexpectedly'))
      return result
    },
  })
  expect(held).toMatchObject({ replayed: true, hold: { status: 'HELD' }, balance: { held: 2 } })
})

test('the books are correct', async () => {
  expect(await brokenBooks(sql)).toEqual([])
})
