import { expect, test } from 'vitest'
import { openApp } from './ledger-app.ts'

const { get, post, give, written, balances } = await openApp()

const add = (owner_id: string, amount: unknown, nonce: unknown, fields = {}) => ({
  owner_id,
  operation: 'CREDIT_ADD',
  amount,
  nonce,
  ...fields,
})

test('each entry is judged on its own and answered in order', async () => {
  await give('ann', 5)
  const { status, json } = await post('/ledger/batch', {
    entries: [
      add('ann', 1, 'a'),
      { ...add('ann', -2, 'b'), operation: 'CREDIT_SPEND' },
      { ...add('ann', 100, 'c'), operation: 'CREDIT_SPEND' },
      add('ann', 1, 'a'),
      'text',
      add('ann', 'ten', 'd', { extra: 1 }),
      add('ann', 1, 'e', { metadata: { a: 1 } }),
      { ...add('ann', 1, 'f'), operation: 'NOPE' },
      add('ann', 0, 'g'),
      add('bob', 7, 'h', { metadata: { order: 'A-17' } }),
      null,
    ],
  })
  expect(status).toBe(200)
  const results = json.results
  expect(results.map((result: { status: number; code?: string }) => [result.status, result.code])).toEqual([
    [200, undefined],
    [200, undefined],
    [400, 'INSUFFICIENT_BALANCE'],
    [409, 'DUPLICATE_NONCE'],
    [422, 'VALIDATION_ERROR'],
    [422, 'VALIDATION_ERROR'],
    [422, 'VALIDATION_ERROR'],
    [422, 'VALIDATION_ERROR'],
    [422, 'VALIDATION_ERROR'],
    [200, undefined],
    [422, 'VALIDATION_ERROR'],
  ])
  expect(results[0]).toEqual({
    status: 200,
    entry: {
      id: expect.any(Number),
      owner_id: 'ann',
      operation: 'CREDIT_ADD',
      amount: 1,
      nonce: 'a',
      balance_after: 6,
      created_on: expect.any(String),
      metadata: {},
      transaction_id: expect.any(String),
    },
    balance: 6,
  })
  expect(results[2]).toEqual({
    type: '/problems/insufficient-balance',
    title: 'Insufficient balance',
    status: 400,
    detail: 'The posting takes 100 credits, ann has 4 available.',
    code: 'INSUFFICIENT_BALANCE',
    entry_index: 0,
    owner_id: 'ann',
    balance: 4,
  })
  expect(results[3].entry).toEqual(results[0].entry)
  expect(results[4].errors).toEqual([{ field: 'entry', message: 'must be an object' }])
  expect(results[5].errors).toEqual([
    { field: 'amount', message: 'must be a number' },
    { field: 'extra', message: 'is not a field of this request' },
  ])
  expect(results[6].errors).toEqual([{ field: 'metadata.a', message: 'must be a string' }])
  expect(results[7].errors[0].field).toBe('operation')
  expect(results[8].errors[0].field).toBe('amount')
  expect(await balances('ann', 'bob')).toEqual([4, 7])
})

test('a batch of only faulty entries sends nothing to the ledger', async () => {
  const before = await written()
  const { status, json } = await post('/ledger/batch', { entries: [1, {}, []] })
  expect(status).toBe(200)
  expect(json.results.map((result: { status: number }) => result.status)).toEqual([422, 422, 422])
  expect(await written()).toBe(before)
})

test('dry_run applies to all entries', async () => {
  const before = await written()
  const entries = [add('cat', 1, 'a'), add('cat', 1, 'b', { dry_run: true })]
  const { json } = await post('/ledger/batch', { entries, dry_run: true })
  expect(json.results[0]).toMatchObject({ status: 200, entry: { id: 0 }, balance: 1 })
  expect(json.results[1].errors).toEqual([{ field: 'dry_run', message: 'is not a field of this request' }])
  expect(await written()).toBe(before)
})

test('1,000 entries are posted, 1,001 refused', async () => {
  const entries = Array.from({ length: 1001 }, (_, index) => add('dan', 1, String(index)))
  const refused = await post('/ledger/batch', { entries })
  expect([refused.status, refused.json.errors]).toEqual([
    422,
    [{ field: 'entries', message: 'must be a list of 1 to 1000 entries' }],
  ])
  const { status, json } = await post('/ledger/batch', { entries: entries.slice(1) })
  expect([status, json.results.length, json.results[999].balance]).toEqual([200, 1000, 1000])
  expect((await get('/ledger/dan')).json.balance).toBe(1000)
})
