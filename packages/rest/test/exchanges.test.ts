import { expect, test } from 'vitest'
import { openBooks } from './books-apps.ts'
import { appOf } from './ledger-app.ts'

const ledgers = await openBooks()
const bank = appOf('bank', ledgers.bank)
const solo = appOf('solo', ledgers.solo)

const path = '/ledger/exchanges'
const sale = { operation: 'GEM_SALE', amount: 2 }
const balancesOf = async (owner: string) => {
  const read = await Promise.all(['bank', 'gems'].map((book) => bank.get(`/balance/${owner}?book=${book}`)))
  return read.map(({ json }) => json.balance)
}

test('an exchange posts two entries of an owner, in two books', async () => {
  await bank.enter('ann', 'GEM_GRANT', 5)
  const body = { ...sale, owner_id: 'ann', nonce: 'x', metadata: { shop: 'gems' } }
  const { status, json } = await bank.post(path, body)
  expect(status).toBe(200)
  expect(json).toMatchObject({
    transaction: {
      nonce: 'x',
      metadata: { shop: 'gems' },
      entries: [
        { owner_id: 'ann', book: 'gems', operation: 'GEM_SALE', amount: -2, balance_after: 3 },
        { owner_id: 'ann', book: 'bank', operation: 'SALE_CREDIT', amount: 20, balance_after: 20 },
      ],
    },
    balances: [
      { owner_id: 'ann', book: 'gems', balance: 3 },
      { owner_id: 'ann', book: 'bank', balance: 20 },
    ],
  })
  const { json: read } = await bank.get(`/ledger/transactions/${json.transaction.id}`)
  expect(read.transaction).toEqual(json.transaction)
})

test('it is posted once', async () => {
  await bank.enter('bob', 'GEM_GRANT', 5)
  const body = { ...sale, owner_id: 'bob', nonce: 'x' }
  const first = await bank.post(path, body)
  const again = await bank.post(path, body)
  expect([again.status, again.json.code, again.json.entry]).toEqual([
    409,
    'DUPLICATE_NONCE',
    first.json.transaction.entries[0],
  ])
  const key = { 'idempotency-key': 'x' }
  const replayed = await bank.post(path, { ...sale, owner_id: 'bob' }, key)
  expect([replayed.status, replayed.headers.get('idempotency-replayed'), replayed.json]).toEqual([
    200,
    'true',
    first.json,
  ])
  const other = await bank.post(path, { ...sale, owner_id: 'bob', amount: 1 }, key)
  expect([other.status, other.json.code]).toEqual([409, 'DUPLICATE_NONCE'])
  expect(await balancesOf('bob')).toEqual([20, 3])
})

test('a dry run posts nothing', async () => {
  await bank.enter('cy', 'GEM_GRANT', 5)
  const { status, json } = await bank.post(path, { ...sale, owner_id: 'cy', nonce: 'x', dry_run: true })
  expect([status, json.transaction.entries.map(({ id }: { id: number }) => id)]).toEqual([200, [0, 0]])
  expect(json.balances).toMatchObject([{ balance: 3 }, { balance: 20 }])
  expect(await balancesOf('cy')).toEqual([0, 5])
})

test('what cannot be exchanged is refused', async () => {
  await bank.enter('dan', 'GEM_GRANT', 1)
  const exchange = (more: object) => bank.post(path, { ...sale, owner_id: 'dan', nonce: 'x', ...more })
  expect((await exchange({})).json).toMatchObject({
    status: 400,
    code: 'INSUFFICIENT_BALANCE',
    entry_index: 0,
    owner_id: 'dan',
    balance: 1,
  })
  const message = 'must be one of GEM_SALE'
  for (const operation of ['SALE_CREDIT', 'GEM_SPEND', 'gem_sale', '', '__proto__']) {
    const { status, json } = await exchange({ operation })
    expect([operation, status, json.errors]).toEqual([operation, 422, [{ field: 'operation', message }]])
  }
  for (const amount of [0, -2, 101, 2 ** 53, 1.5, '2', null]) {
    const { status, json } = await exchange({ amount })
    expect([amount, status, json.errors[0].field]).toEqual([amount, 422, 'amount'])
  }
  for (const field of ['owner_id', 'operation', 'amount', 'nonce']) {
    const { status, json } = await exchange({ [field]: undefined })
    expect([status, json.errors]).toEqual([422, [{ field, message: 'is required' }]])
  }
  expect((await exchange({ book: 'gems' })).json.errors).toEqual([
    { field: 'book', message: 'is not a field of this request' },
  ])
  expect(await balancesOf('dan')).toEqual([0, 1])
})

test('nothing else posts its operations', async () => {
  await bank.enter('eve', 'GEM_GRANT', 5)
  for (const operation of ['GEM_SALE', 'SALE_CREDIT']) {
    const { status, json } = await bank.post('/ledger', { owner_id: 'eve', operation, amount: 1, nonce: 'x' })
    expect([status, json.errors]).toEqual([
      422,
      [{ field: 'operation', message: `${operation} is posted only by an exchange` }],
    ])
  }
})

test('openapi.json describes it', async () => {
  const { json } = await bank.get('/openapi.json')
  const { post } = json.paths[path]
  const { schema } = post.requestBody.content['application/json']
  expect([post.operationId, post.tags, schema.required]).toEqual([
    'exchange',
    ['transactions'],
    ['owner_id', 'operation', 'amount'],
  ])
  expect(schema.properties.operation).toMatchObject({ $ref: '#/components/schemas/LedgerExchange' })
  expect(json.components.schemas.LedgerExchange).toMatchObject({ enum: ['GEM_SALE'], examples: ['GEM_SALE'] })
  expect(post.responses[200].headers).toHaveProperty('Idempotency-Replayed')
})

test('an app without exchanges does not have it', async () => {
  const { status } = await solo.post(path, { ...sale, owner_id: 'ann', nonce: 'x' })
  expect([status, (await solo.get(path)).status]).toEqual([405, 200]) // an owner may be called exchanges
  const { json } = await solo.get('/openapi.json')
  expect(JSON.stringify(json).match(/exchange/gi)).toBeNull()
})
