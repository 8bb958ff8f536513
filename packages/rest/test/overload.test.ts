import pg from 'pg'
import { expect, test } from 'vitest'
import { openApp } from './ledger-app.ts'

const { database, pool, ledger, post, balances, faults } = await openApp()
// Postings wait, however long this machine takes.
pool.options.lock_timeout = 0

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)
const postAll = (count: number) =>
  Promise.all(
    numbers(count).map((n) =>
      post('/ledger', { owner_id: 'ada', operation: 'CREDIT_ADD', amount: 1, nonce: `late ${n}` }),
    ),
  )

test('while 10,000 postings wait for a paused database, another gets 503 OVERLOADED, and is posted later', async () => {
  const gate = new pg.Client({ connectionString: database.url })
  await gate.connect()
  await gate.query('BEGIN; LOCK TABLE ledger.accounts IN ACCESS EXCLUSIVE MODE')
  const waiting = numbers(10_000).map((n) =>
    ledger.postEntry({ ownerId: 'ada', operation: 'CREDIT_ADD', amount: 1, nonce: `${n}` }),
  )
  for (const { status, headers, json } of await postAll(20)) {
    expect([status, headers.get('retry-after'), headers.get('content-type')]).toEqual([
      503,
      '1',
      'application/problem+json',
    ])
    expect(json).toMatchObject({ status: 503, code: 'OVERLOADED', title: 'Overloaded' })
  }
  await gate.end()
  expect((await Promise.all(waiting)).filter(({ ok }) => !ok)).toEqual([])
  expect((await postAll(20)).map(({ status }) => status)).toEqual(Array(20).fill(200))
  expect(await balances('ada')).toEqual([10_020])
  expect(faults).toEqual([])
})
