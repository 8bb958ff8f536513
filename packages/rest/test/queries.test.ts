// How many SQL statements a request costs, as PostgreSQL counts them.
import { expect, test } from 'vitest'
import { openApp } from './ledger-app.ts'

const { database, get, post, give, faults } = await openApp()

/** Sends a request that must succeed, and returns how many statements it cost. */
async function costOf(send: () => Promise<{ status: number; json: unknown }>): Promise<number> {
  const statements = await database.statementsOf(async () => {
    const { status, json } = await send()
    expect({ status, json }).toMatchObject({ status: 200 })
  })
  // Wake-ups of readers are left out: no posting waits for them, and a burst has few.
  return statements.filter((statement) => !statement.includes('pg_notify')).length
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)
const posting = (nonce: string, amount = 1) => ({ owner_id: 'ada', operation: 'CREDIT_ADD', amount, nonce })
const entries = numbers(100).map((n) => ({ owner_id: `owner ${n}`, operation: 'CREDIT_ADD', amount: 1 }))

test('a posting is one statement: an entry, its replay, a transaction, a list', async () => {
  expect(await costOf(() => post('/ledger', posting('1')))).toBe(1)
  expect(await costOf(() => post('/ledger', posting('2'), { 'idempotency-key': '2' }))).toBe(1)
  expect(await costOf(() => post('/ledger', posting('2'), { 'idempotency-key': '2' }))).toBe(1)
  expect(await costOf(() => post('/ledger/transactions', { nonce: '3', entries }))).toBe(1)
  for (const count of [1, 10, 100]) {
    const list = numbers(count).map((n) => posting(`${count} ${n}`))
    expect(await costOf(() => post('/ledger/batch', { entries: list }))).toBe(1)
  }
})

test('a read is one statement, whatever its size', async () => {
  const entry = await give('reader', 5)
  const { json } = await post('/ledger/transactions', { nonce: 't', entries })
  await post('/ledger/batch', {
    entries: numbers(100).map((n) => ({ ...posting(`${n}`), owner_id: 'reader' })),
  })
  for (const path of [
    '/ledger/reader',
    '/balance/reader',
    `/ledger/entries/${entry.id}`,
    `/ledger/transactions/${json.transaction.id}`,
    '/ledger/reader/holds',
    ...[1, 10, 100].flatMap((first) => [`/ledger/reader/entries?first=${first}`, `/ledger?first=${first}`]),
  ]) {
    expect([path, await costOf(() => get(path))]).toEqual([path, 1])
  }
  expect(faults).toEqual([])
})
