import { createTestDatabase } from '@shared-ledger/postgres/testing'
import { createLogger, startServer } from '@shared-ledger/server'
import { afterAll, expect, test } from 'vitest'
import { app } from '../src/app.ts'

const silent = createLogger('sample', { write() {} })
const database = await createTestDatabase()
const server = await startServer({ ...app.open(database.url, silent), port: 0 })
afterAll(async () => {
  await server.close()
  await database.drop()
})

async function post(path: string, body: object) {
  const response = await fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: response.status, headers: response.headers, body: await response.json() }
}

const buy = (ownerId: string, item: string, nonce: string) =>
  post('/purchases', { owner_id: ownerId, item, nonce })

async function purchasesOf(ownerId: string) {
  const query = 'query ($ownerId: String!) { purchases(ownerId: $ownerId) { item entry { amount } } }'
  const { body } = await post('/graphql', { query, variables: { ownerId } })
  return body.data.purchases
}

test('a purchase costs its price, and is made once when it is sent twice', async () => {
  await post('/ledger', { owner_id: 'ada', operation: 'CREDIT_ADD', amount: 5, nonce: 'credits' })
  const bought = await buy('ada', 'A ticket', 'p1')
  expect(bought).toMatchObject({
    status: 201,
    body: {
      purchase: { owner_id: 'ada', item: 'A ticket' },
      entry: { operation: 'PURCHASE', amount: -2, balance_after: 3 },
      balance: 3,
    },
  })
  const again = await buy('ada', 'A ticket', 'p1')
  expect(again.body).toEqual(bought.body)
  expect(again.headers.get('idempotency-replayed')).toBe('true')
  expect(await buy('ada', 'Another ticket', 'p1')).toMatchObject({
    status: 409,
    body: { code: 'DUPLICATE_NONCE' },
  })
  expect(await purchasesOf('ada')).toEqual([{ item: 'A ticket', entry: { amount: -2 } }])
})

test('a purchase without enough credits writes nothing', async () => {
  expect(await buy('bob', 'A ticket', 'p1')).toMatchObject({
    status: 400,
    body: { code: 'INSUFFICIENT_BALANCE', balance: 0 },
  })
  expect(await purchasesOf('bob')).toEqual([])
})
