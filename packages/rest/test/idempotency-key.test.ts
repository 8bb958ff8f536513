import { expect, test } from 'vitest'
import { openApp } from './ledger-app.ts'

const { get, post, give } = await openApp()

let count = 0

/** Each posting route, with what must be set up first and the request to post. */
const routes: [route: string, prepare: (owner: string) => Promise<[path: string, body: object]>][] = [
  ['POST /ledger', async (owner) => ['/ledger', { owner_id: owner, operation: 'CREDIT_ADD', amount: 3 }]],
  [
    'POST /ledger/transactions',
    async (owner) => [
      '/ledger/transactions',
      {
        entries: [
          { owner_id: owner, operation: 'CREDIT_SPEND', amount: 3 },
          { owner_id: `${owner}-b`, operation: 'CREDIT_ADD', amount: 3 },
          { owner_id: owner, operation: 'CREDIT_ADD', amount: 1 },
        ],
      },
    ],
  ],
  [
    'POST /ledger/transfers',
    async (owner) => ['/ledger/transfers', { from: owner, to: `${owner}-b`, amount: 3 }],
  ],
  [
    'POST /ledger/transactions/{transaction_id}/reverse',
    async (owner) => [`/ledger/transactions/${(await give(owner, 7)).transaction_id}/reverse`, {}],
  ],
  [
    'POST /ledger/entries/{entry_id}/refund',
    async (owner) => [`/ledger/entries/${(await give(owner, 7)).id}/refund`, { amount: 2 }],
  ],
  [
    'POST /ledger/holds',
    async (owner) => [
      '/ledger/holds',
      { owner_id: owner, operation: 'CREDIT_SPEND', amount: 3, expires_in: 60 },
    ],
  ],
  [
    'POST /ledger/holds/{hold_id}/capture',
    async (owner) => {
      const held = { owner_id: owner, operation: 'CREDIT_SPEND', amount: 3, expires_in: 60, nonce: 'held' }
      const { json } = await post('/ledger/holds', held)
      return [`/ledger/holds/${json.hold.id}/capture`, { amount: 2 }]
    },
  ],
]

test.each(routes)('%s returns the original on a replay', async (_, prepare) => {
  count += 1
  const owner = `ann-${count}`
  await give(owner, 20)
  const [path, body] = await prepare(owner)
  const key = { 'idempotency-key': 'k' }

  const first = await post(path, body, key)
  expect([200, 201]).toContain(first.status)
  expect(first.headers.has('idempotency-replayed')).toBe(false)

  const replay = await post(path, body, key)
  expect([replay.status, replay.headers.get('idempotency-replayed')]).toEqual([first.status, 'true'])
  expect(replay.json).toEqual(first.json)

  const other = await post(path, { ...body, metadata: { other: 'x' } }, key)
  expect([other.status, other.json.code]).toEqual([409, 'DUPLICATE_NONCE'])
  expect(other.headers.has('idempotency-replayed')).toBe(false)

  const inBody = await post(path, { ...body, nonce: 'k' })
  expect([inBody.status, inBody.json.code]).toEqual([409, 'DUPLICATE_NONCE'])
  const { entry, hold } = inBody.json
  expect(entry ?? hold).toEqual(
    first.json.transaction?.entries.find(({ owner_id }: { owner_id: string }) => owner_id === owner) ??
      first.json.entry ??
      first.json.hold,
  )
})

test('a replay has the current balances', async () => {
  await give('bea', 20)
  const transfer = { from: 'bea', to: 'bob', amount: 5 }
  await post('/ledger/transfers', transfer, { 'idempotency-key': 'now' })
  await give('bob', 100)
  const { json } = await post('/ledger/transfers', transfer, { 'idempotency-key': 'now' })
  expect(json.balances).toEqual([
    { owner_id: 'bea', balance: 15 },
    { owner_id: 'bob', balance: 105 },
  ])
  expect((await get('/ledger/bob/entries')).json.entries).toHaveLength(2)
})

test('a key that another kind of request has used is a duplicate', async () => {
  await give('cat', 20)
  const held = { owner_id: 'cat', operation: 'CREDIT_SPEND', amount: 3, expires_in: 60 }
  const { json: original } = await post('/ledger/holds', held, { 'idempotency-key': 'mine' })
  const posting = { owner_id: 'cat', operation: 'CREDIT_SPEND', amount: 3 }
  const { status, json } = await post('/ledger', posting, { 'idempotency-key': 'mine' })
  expect([status, json.code, json.balance]).toEqual([409, 'DUPLICATE_NONCE', 20])
  expect(json).not.toHaveProperty('entry')
  expect(json.hold).toEqual(original.hold)
})
