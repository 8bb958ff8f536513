import { expect, test } from 'vitest'
import { openApp } from './ledger-app.ts'

const { post, give, written, balances } = await openApp()

test('a reversal undoes a transaction in reverse order, once', async () => {
  await give('ann', 10)
  const { json: gift } = await post('/ledger/transfers', { from: 'ann', to: 'bob', amount: 4, nonce: 'gift' })
  const path = `/ledger/transactions/${gift.transaction.id}/reverse`
  const [out, into] = gift.transaction.entries
  const { status, json } = await post(path, { nonce: 'back' })
  expect(status).toBe(200)
  const shared = {
    nonce: 'back',
    metadata: {},
    created_on: expect.any(String),
    transaction_id: json.transaction.id,
  }
  expect(json).toEqual({
    transaction: {
      id: expect.any(String),
      nonce: 'back',
      metadata: {},
      created_on: expect.any(String),
      entries: [
        {
          id: expect.any(Number),
          owner_id: 'bob',
          operation: 'TRANSFER_IN',
          amount: -4,
          balance_after: 0,
          reverses: into.id,
          ...shared,
        },
        {
          id: expect.any(Number),
          owner_id: 'ann',
          operation: 'TRANSFER_OUT',
          amount: 4,
          balance_after: 10,
          reverses: out.id,
          ...shared,
        },
      ],
    },
    balances: [
      { owner_id: 'bob', balance: 0 },
      { owner_id: 'ann', balance: 10 },
    ],
  })

  const again = await post(path, { nonce: 'again' })
  expect([again.status, again.json.code]).toEqual([409, 'ALREADY_REVERSED'])
  const reversal = await post(`/ledger/transactions/${json.transaction.id}/reverse`, { nonce: 'twice' })
  expect([reversal.status, reversal.json.code]).toEqual([409, 'NOT_REVERSIBLE'])
})

test('a reversal that a balance does not cover is refused', async () => {
  const { transaction_id: id } = await give('cat', 10)
  await post('/ledger', { owner_id: 'cat', operation: 'CREDIT_SPEND', amount: 4, nonce: 'spent' })
  const before = await written()
  const { status, json } = await post(`/ledger/transactions/${id}/reverse`, { nonce: 'back' })
  expect([status, json.code, json.balance]).toEqual([400, 'INSUFFICIENT_BALANCE', 6])
  expect(await written()).toBe(before)
})

test('refunds give parts back, up to the whole', async () => {
  await give('dan', 10)
  const spending = { owner_id: 'dan', operation: 'CREDIT_SPEND', amount: 5, nonce: 'spent' }
  const { json: spent } = await post('/ledger', spending)
  const path = `/ledger/entries/${spent.entry.id}/refund`
  const { status, json } = await post(path, { amount: 2, nonce: 'r1', metadata: { why: 'late' } })
  expect(status).toBe(200)
  expect(json).toEqual({
    entry: {
      id: expect.any(Number),
      owner_id: 'dan',
      operation: 'CREDIT_SPEND',
      amount: 2,
      nonce: 'r1',
      balance_after: 7,
      created_on: expect.any(String),
      metadata: { why: 'late' },
      transaction_id: expect.any(String),
      refunds: spent.entry.id,
    },
    balance: 7,
  })
  const much = await post(path, { amount: 4, nonce: 'r2' })
  expect(much.status).toBe(409)
  expect(much.json).toMatchObject({ code: 'REFUND_EXCEEDED', refundable: 3 })
  const refund = await post(`/ledger/entries/${json.entry.id}/refund`, { amount: 1, nonce: 'r3' })
  expect([refund.status, refund.json.code]).toEqual([409, 'NOT_REVERSIBLE'])
  const whole = await post(`/ledger/transactions/${spent.entry.transaction_id}/reverse`, { nonce: 'r4' })
  expect([whole.status, whole.json.code, whole.json.refundable]).toEqual([409, 'REFUND_EXCEEDED', 3])
})

test('one entry of a pair is not refunded alone', async () => {
  await give('eve', 10)
  const { json } = await post('/ledger/transfers', { from: 'eve', to: 'fay', amount: 4, nonce: 'gift' })
  const [{ id }] = json.transaction.entries
  const { status, json: refused } = await post(`/ledger/entries/${id}/refund`, { amount: 1, nonce: 'r' })
  expect([status, refused.errors[0].field]).toEqual([422, 'entry_id'])
})

test('a dry run writes nothing', async () => {
  const { id, transaction_id } = await give('gus', 10)
  const before = await written()
  const refund = await post(`/ledger/entries/${id}/refund`, { amount: 3, nonce: 'd', dry_run: true })
  expect(refund.json).toMatchObject({ entry: { id: 0, amount: -3, refunds: id }, balance: 7 })
  const reversal = await post(`/ledger/transactions/${transaction_id}/reverse`, { nonce: 'd', dry_run: true })
  expect(reversal.json.balances).toEqual([{ owner_id: 'gus', balance: 0 }])
  expect(await written()).toBe(before)
  expect(await balances('gus')).toEqual([10])
})
