import { createRest } from '@shared-ledger/rest'
import { describe, expect, test } from 'vitest'
import { allOperations, buildSchema, openLedger } from '../../plugin-ledger/test/build-schema.ts'
import { openApp, type Parts } from './ledger-app.ts'

const contract = [
  'GET /balance/{owner_id}',
  'GET /ledger/entries/{entry_id}',
  'GET /ledger/{owner_id}',
  'GET /ledger/{owner_id}/entries',
  'GET /ledger/{owner_id}/entry',
  'GET /operations',
  'POST /ledger',
]

const ofParts: [part: Parts[number], routes: string[]][] = [
  ['transactions', ['GET /ledger/transactions/{transaction_id}', 'POST /ledger/transactions']],
  ['transfers', ['POST /ledger/transfers']],
  [
    'corrections',
    ['POST /ledger/entries/{entry_id}/refund', 'POST /ledger/transactions/{transaction_id}/reverse'],
  ],
  [
    'holds',
    [
      'GET /ledger/holds/{hold_id}',
      'GET /ledger/{owner_id}/holds',
      'POST /ledger/holds',
      'POST /ledger/holds/{hold_id}/capture',
      'POST /ledger/holds/{hold_id}/release',
    ],
  ],
  ['overdraft', ['PUT /ledger/{owner_id}/overdraft']],
  ['statements', ['GET /ledger', 'GET /ledger/{owner_id}/summary', 'GET /operations/summary']],
  ['batches', ['POST /ledger/batch']],
]

/** The routes of a graph, as its table and its openapi.json have them. */
function routesOf(parts?: Parts) {
  const schema = buildSchema(openLedger(allOperations), parts && { parts })
  const { routes, openApi } = createRest({ app: 'parts', schema, execute: () => ({ data: {} }) })
  const described = Object.entries(openApi.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  )
  const listed = routes.map(({ method, path }) => `${method.toUpperCase()} ${path}`)
  expect(described.filter((route) => route !== 'GET /health').toSorted()).toEqual(listed.toSorted())
  return { listed: listed.toSorted(), openApi }
}

describe('a route is there when the graph has its field', () => {
  test('the contract alone', () => {
    expect(routesOf([]).listed).toEqual(contract)
  })

  test.each(ofParts)('with %s', (part, routes) => {
    expect(routesOf([part]).listed).toEqual([...contract, ...routes].toSorted())
  })

  test('with everything', () => {
    expect(routesOf().listed).toEqual([...contract, ...ofParts.flatMap(([, routes]) => routes)].toSorted())
  })

  test('a query is described where its argument is there', () => {
    const names = (parts: Parts, path: string) => {
      const operation = routesOf(parts).openApi.paths[path]?.get as { parameters: { name: string }[] }
      return operation.parameters.map(({ name }) => name)
    }
    expect(names([], '/ledger/{owner_id}')).toEqual(['owner_id'])
    expect(names(['statements'], '/ledger/{owner_id}')).toEqual(['owner_id', 'as_of'])
    const entries = ['owner_id', 'first', 'after', 'operation']
    expect(names([], '/ledger/{owner_id}/entries')).toEqual(entries)
    expect(names(['statements'], '/ledger/{owner_id}/entries')).toEqual([
      ...entries,
      'from',
      'to',
      'order',
      'metadata',
    ])
  })
})

describe('an app of the contract alone', async () => {
  const { get, post, send, faults } = await openApp({ parts: [] })
  const posting = { owner_id: 'ann', operation: 'CREDIT_ADD', amount: 10, nonce: 'n' }

  test('posts, refuses and replays', async () => {
    const { json } = await post('/ledger', posting)
    expect(json).toMatchObject({ entry: { amount: 10 }, balance: 10 })
    expect((await post('/ledger', posting)).json).toMatchObject({
      code: 'DUPLICATE_NONCE',
      entry: json.entry,
    })
    const replay = await post('/ledger', posting, { 'idempotency-key': 'n' })
    expect(replay.json).toEqual(json)
    const spend = { ...posting, operation: 'CREDIT_SPEND', amount: 11, nonce: 'm' }
    expect((await post('/ledger', spend)).json).toMatchObject({ code: 'INSUFFICIENT_BALANCE', balance: 10 })
    expect((await get(`/ledger/entries/${json.entry.id}`)).json).toEqual({ entry: json.entry })
  })

  test('has balances without what the parts add to them', async () => {
    expect((await get('/ledger/nobody')).json).toEqual({ owner_id: 'nobody', balance: 0 })
  })

  test('has no other routes', async () => {
    expect((await get('/operations/summary')).status).toBe(404)
    expect((await post('/ledger/holds', {})).status).toBe(405)
    expect((await get('/ledger')).status).toBe(405)
    expect((await post('/ledger/entries/1/refund', {})).status).toBe(404)
    expect((await send('PUT', '/ledger/ann/overdraft', { limit: 1 })).status).toBe(404)
    const { status, json } = await get('/ledger/ann?as_of=2026-11-21T10:15:30Z')
    expect([status, json.errors[0].field]).toEqual([422, 'as_of'])
    expect(faults).toEqual([])
  })
})
