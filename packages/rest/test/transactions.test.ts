import { expect, test } from 'vitest'
import { openApp } from './ledger-app.ts'

const { get, post, give, balances, written } = await openApp()

const moment = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)

test('a transaction posts its entries in order, linked by its id', async () => {
  await give('ann', 10)
  const { status, json } = await post('/ledger/transactions', {
    nonce: 't1',
    entries: [
      { owner_id: 'ann', operation: 'CREDIT_SPEND', amount: 4 },
      { owner_id: 'bob', operation: 'CREDIT_ADD', amount: 4 },
      { owner_id: 'ann', operation: 'DAILY_REWARD' },
    ],
    metadata: { order: 'A-17' },
  })
  expect(status).toBe(200)
  const id = json.transaction.id
  const [first] = json.transaction.entries
  const shared = { nonce: 't1', created_on: moment, metadata: { order: 'A-17' }, transaction_id: id }
  expect(json).toEqual({
    transaction: {
      id: expect.stringMatching(/^[\da-f]{8}-[\da-f]{4}-7/),
      nonce: 't1',
      metadata: { order: 'A-17' },
      created_on: first.created_on,
      entries: [
        { id: first.id, owner_id: 'ann', operation: 'CREDIT_SPEND', amount: -4, balance_after: 6, ...shared },
        {
          id: first.id + 1,
          owner_id: 'bob',
          operation: 'CREDIT_ADD',
          amount: 4,
          balance_after: 4,
          ...shared,
        },
        {
          id: first.id + 2,
          owner_id: 'ann',
          operation: 'DAILY_REWARD',
          amount: 1,
          balance_after: 7,
          ...shared,
        },
      ],
    },
    balances: [
      { owner_id: 'ann', balance: 7 },
      { owner_id: 'bob', balance: 4 },
    ],
  })
  expect((await get(`/ledger/transactions/${id}`)).json).toEqual({ transaction: json.transaction })
  expect((await get(`/ledger/transactions/${id.toUpperCase()}`)).json).toEqual({
    transaction: json.transaction,
  })
  expect((await get(`/ledger/entries/${first.id}`)).json).toEqual({ entry: first })
})

test('an amount may have a minus sign that agrees with its operation', async () => {
  await give('cat', 10)
  const spend = (amount: number, owner_id = 'cat') => ({ owner_id, operation: 'CREDIT_SPEND', amount })
  const { json } = await post('/ledger/transactions', { nonce: 'minus', entries: [spend(-2), spend(3)] })
  expect(json.transaction.entries.map(({ amount }: { amount: number }) => amount)).toEqual([-2, -3])
  const add = { owner_id: 'cat', operation: 'CREDIT_ADD', amount: -1 }
  const refused = await post('/ledger/transactions', { nonce: 'plus', entries: [spend(-2), add] })
  expect([refused.status, refused.json.errors[0].field]).toEqual([422, 'entries.1.amount'])
})

test('a refusal names the entry and its owner, and nothing is posted', async () => {
  await give('dan', 1)
  const before = await written()
  const { status, json } = await post('/ledger/transactions', {
    nonce: 'poor',
    entries: [
      { owner_id: 'eve', operation: 'CREDIT_ADD', amount: 5 },
      { owner_id: 'dan', operation: 'CREDIT_SPEND', amount: 2 },
    ],
  })
  expect(status).toBe(400)
  expect(json).toEqual({
    type: '/problems/insufficient-balance',
    title: 'Insufficient balance',
    status: 400,
    detail: 'The posting takes 2 credits, dan has 1 available.',
    code: 'INSUFFICIENT_BALANCE',
    entry_index: 1,
    owner_id: 'dan',
    balance: 1,
  })
  expect(await written()).toBe(before)
})

test('a balanced transaction adds up to 0', async () => {
  const before = await written()
  const { status, json } = await post('/ledger/transactions', {
    nonce: 'unbalanced',
    balanced: true,
    entries: [{ owner_id: 'eve', operation: 'CREDIT_ADD', amount: 5 }],
  })
  expect([status, json.errors]).toEqual([
    422,
    [{ field: 'entries', message: 'must add up to 0 credits, but add up to 5' }],
  ])
  expect(await written()).toBe(before)
})

test('a limit gives 429 and says when to come back', async () => {
  const { json: day } = await post('/ledger', { owner_id: 'fay', operation: 'SIGNUP_CREDIT', nonce: '1' })
  expect(day.balance).toBe(3)
  const once = await post('/ledger', { owner_id: 'fay', operation: 'SIGNUP_CREDIT', nonce: '2' })
  expect([once.status, once.headers.has('retry-after')]).toEqual([429, false])
  expect(once.json).toMatchObject({ code: 'LIMIT_REACHED', owner_id: 'fay', entry_index: 0, next_on: null })

  const rewards = [1, 2, 3].map(() => ({ owner_id: 'fay', operation: 'DAILY_REWARD' }))
  const { status, headers, json } = await post('/ledger/transactions', { nonce: '3', entries: rewards })
  expect([status, json.code, json.entry_index]).toEqual([429, 'LIMIT_REACHED', 2])
  const tomorrow = new Date()
  tomorrow.setUTCHours(24, 0, 0, 0)
  expect(json.next_on).toBe(tomorrow.toISOString())
  const wait = (tomorrow.getTime() - Date.now()) / 1000
  expect(Math.abs(Number(headers.get('retry-after')) - wait)).toBeLessThan(60)
})

test('a transfer is a balanced transaction', async () => {
  await give('gus', 10)
  const { status, json } = await post('/ledger/transfers', {
    from: 'gus',
    to: 'hal',
    amount: 4,
    nonce: 'gift',
  })
  expect(status).toBe(200)
  expect(json).toMatchObject({
    transaction: {
      nonce: 'gift',
      entries: [
        { owner_id: 'gus', operation: 'TRANSFER_OUT', amount: -4, balance_after: 6 },
        { owner_id: 'hal', operation: 'TRANSFER_IN', amount: 4, balance_after: 4 },
      ],
    },
    balances: [
      { owner_id: 'gus', balance: 6 },
      { owner_id: 'hal', balance: 4 },
    ],
  })
  const self = await post('/ledger/transfers', { from: 'gus', to: 'gus', amount: 4, nonce: 'self' })
  expect([self.status, self.json.errors[0].field]).toEqual([422, 'to'])
})

test('a dry run returns the outcome and writes nothing', async () => {
  await give('ian', 5)
  const before = await written()
  const entries = [{ owner_id: 'ian', operation: 'CREDIT_SPEND', amount: 2 }]
  const { status, json } = await post('/ledger/transactions', { nonce: 'dry', entries, dry_run: true })
  expect(status).toBe(200)
  expect(json.transaction.entries).toMatchObject([{ id: 0, amount: -2, balance_after: 3 }])
  expect(json.balances).toEqual([{ owner_id: 'ian', balance: 3 }])
  const transfer = { from: 'ian', to: 'jan', amount: 6, nonce: 'dry', dry_run: true }
  expect((await post('/ledger/transfers', transfer)).json.code).toBe('INSUFFICIENT_BALANCE')
  const single = { owner_id: 'ian', operation: 'CREDIT_ADD', amount: 1, nonce: 'dry', dry_run: true }
  expect((await post('/ledger', single)).json).toMatchObject({ entry: { id: 0 }, balance: 6 })
  expect(await written()).toBe(before)
  expect(await balances('ian')).toEqual([5])
})
