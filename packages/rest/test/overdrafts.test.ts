import { expect, test } from 'vitest'
import { openApp } from './ledger-app.ts'

const { get, post, send, give, written } = await openApp()

test('an overdraft is set, used, and cannot be lowered below its use', async () => {
  await give('ann', 10)
  const { status, json } = await send('PUT', '/ledger/ann/overdraft', { limit: 5 })
  expect(status).toBe(200)
  expect(json).toEqual({ owner_id: 'ann', balance: 10, overdraft: 5, held: 0, available: 15, state: 'open' })
  const spend = (amount: number) =>
    post('/ledger', { owner_id: 'ann', operation: 'CREDIT_SPEND', amount, nonce: crypto.randomUUID() })
  expect((await spend(13)).json).toMatchObject({ entry: { balance_after: -3 }, balance: -3 })

  const before = await written()
  const lower = await send('PUT', '/ledger/ann/overdraft', { limit: 2 })
  expect(lower.status).toBe(409)
  expect(lower.json).toEqual({
    type: '/problems/overdraft-in-use',
    title: 'Overdraft in use',
    status: 409,
    detail: 'ann needs an overdraft of at least 3 credits.',
    code: 'OVERDRAFT_IN_USE',
    balance: -3,
  })
  expect(await written()).toBe(before)
  expect((await send('PUT', '/ledger/ann/overdraft', { limit: 3 })).json.available).toBe(0)
  for (const path of ['/ledger/ann', '/balance/ann']) {
    const read = { owner_id: 'ann', balance: -3, overdraft: 3, held: 0, available: 0, state: 'open' }
    expect((await get(path)).json).toEqual(read)
  }
})

test('an overdraft beyond the range of a number is refused', async () => {
  await give('bob', 1)
  const { status, json } = await send('PUT', '/ledger/bob/overdraft', { limit: Number.MAX_SAFE_INTEGER })
  expect(status).toBe(422)
  expect(json).toEqual({
    type: '/problems/balance-out-of-range',
    title: 'Balance out of range',
    status: 422,
    detail: 'The balance is 1 credit; with this posting it would exceed 2^53 - 1.',
    code: 'BALANCE_OUT_OF_RANGE',
    balance: 1,
  })
})

test('the path answers with its methods', async () => {
  const options = await send('OPTIONS', '/ledger/ann/overdraft')
  expect([options.status, options.headers.get('allow')]).toEqual([204, 'OPTIONS, PUT'])
  const { status, headers, json } = await post('/ledger/ann/overdraft', { limit: 1 })
  expect([status, headers.get('allow'), json.code]).toEqual([405, 'OPTIONS, PUT', 'METHOD_NOT_ALLOWED'])
  const put = await send('PUT', '/ledger/ann', {})
  expect([put.status, put.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS'])
})
