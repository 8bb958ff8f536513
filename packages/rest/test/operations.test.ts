import { createRest, defineRoute } from '@shared-ledger/rest'
import { parse } from 'graphql'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { allOperations, buildSchema, openLedger } from '../../plugin-ledger/test/build-schema.ts'
import { openApp } from './ledger-app.ts'

const { get, post, give } = await openApp()

test('operations are listed with their amounts and limits', async () => {
  const { status, json } = await get('/operations')
  expect(status).toBe(200)
  expect(json.operations.map(({ name }: { name: string }) => name)).toEqual(Object.keys(allOperations))
  const ofName = (name: string) =>
    json.operations.find((operation: { name: string }) => operation.name === name)
  expect(ofName('DAILY_REWARD')).toEqual({
    name: 'DAILY_REWARD',
    description: allOperations.DAILY_REWARD.description,
    shared: true,
    direction: 'in',
    min_amount: 1,
    max_amount: 1,
    default_amount: 1,
    paired: false,
    retired: false,
    internal: false,
    scope: null,
    state: null,
    limit: { times: 2, credits: null, per: 'day', anchored: false },
  })
  expect(ofName('TRANSFER_OUT')).toMatchObject({
    shared: false,
    direction: 'out',
    max_amount: Number.MAX_SAFE_INTEGER,
    default_amount: null,
    paired: true,
    limit: null,
  })
})

test('a summary of the whole app counts every owner', async () => {
  for (const owner of ['ann', 'bob', 'summary', 'operations']) await give(owner, 10)
  await post('/ledger', { owner_id: 'ann', operation: 'CREDIT_SPEND', amount: 4, nonce: 's' })
  const start = `${new Date().toISOString().slice(0, 8)}01T00:00:00.000Z`
  const query = 'from=2026-01-01T00:00:00Z&to=2028-01-01T00:00:00Z&per=month'
  const { status, json } = await get(`/operations/summary?${query}`)
  expect(status).toBe(200)
  expect(json).toEqual({
    lines: [
      { operation: 'CREDIT_ADD', start, count: 4, gross: 40, reversed: 0 },
      { operation: 'CREDIT_SPEND', start, count: 1, gross: -4, reversed: 0 },
    ],
  })
  const { json: spent } = await get(`/operations/summary?${query}&operation=CREDIT_SPEND`)
  expect(spent.lines).toEqual(json.lines.slice(1))
})

test("an app's own route in place of one of the ledger's is refused at the start", () => {
  const own = defineRoute({
    method: 'get',
    path: '/balance/{id}',
    operationId: 'getOwn',
    summary: 'Never reached',
    request: { params: z.object({ id: z.string() }) },
    document: parse('query Own { result: __typename }'),
    variables: () => ({}),
    success: { status: 200, body: z.object({}) },
    answer: () => ({}),
  })
  const schema = buildSchema(openLedger(allOperations))
  expect(() => createRest({ app: 'x', schema, execute: () => ({}), routes: [own] })).toThrow(
    'Two routes answer GET /balance/{id}',
  )
})
