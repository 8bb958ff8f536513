import { defineOperations, sharedOperations } from '@shared-ledger/ledger'
import { createRest } from '@shared-ledger/rest'
import type { GraphQLSchema } from 'graphql'
import { describe, expect, test } from 'vitest'
import { allOperations, buildSchema, openLedger } from '../../plugin-ledger/test/build-schema.ts'

const transfers = 'POST /ledger/transfers'
const ofEveryApp = [
  'GET /balance/{owner_id}',
  'GET /ledger',
  'GET /ledger/entries/{entry_id}',
  'GET /ledger/holds/{hold_id}',
  'GET /ledger/holds/{hold_id}/captures',
  'GET /ledger/transactions/{transaction_id}',
  'GET /ledger/{owner_id}',
  'GET /ledger/{owner_id}/account',
  'GET /ledger/{owner_id}/entries',
  'GET /ledger/{owner_id}/entry',
  'GET /ledger/{owner_id}/holds',
  'GET /ledger/{owner_id}/summary',
  'GET /operations',
  'GET /operations/entries',
  'GET /operations/outstanding',
  'GET /operations/summary',
  'GET /operations/totals',
  'POST /ledger',
  'POST /ledger/batch',
  'POST /ledger/entries/{entry_id}/refund',
  'POST /ledger/holds',
  'POST /ledger/holds/{hold_id}/capture',
  'POST /ledger/holds/{hold_id}/prolong',
  'POST /ledger/holds/{hold_id}/release',
  'POST /ledger/transactions',
  'POST /ledger/transactions/{transaction_id}/reverse',
  'PUT /ledger/{owner_id}/overdraft',
]

const full = buildSchema(openLedger(allOperations))

/** Returns the routes of a graph, from its table and from its openapi.json. */
function routesOf(schema: GraphQLSchema) {
  const { routes, openApi } = createRest({ app: 'games', schema, execute: () => ({}) })
  const described = Object.entries(openApi.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  )
  const listed = routes.map(({ method, path }) => `${method.toUpperCase()} ${path}`)
  expect(described.filter((route) => !/^GET \/(?:health|livez|readyz)$/.test(route)).toSorted()).toEqual(
    listed.toSorted(),
  )
  return { listed: listed.toSorted(), openApi }
}

describe("an app has the ledger's routes", () => {
  test('all of them when it has transfers', () => {
    expect(routesOf(full).listed).toEqual([...ofEveryApp, transfers].toSorted())
  })

  test('all but the transfers when it has none', () => {
    const schema = buildSchema(openLedger(defineOperations(sharedOperations)))
    expect(routesOf(schema).listed).toEqual(ofEveryApp)
  })

  test('with their queries', () => {
    const names = (path: string) => {
      const operation = routesOf(full).openApi.paths[path]?.get as { parameters: { name: string }[] }
      return operation.parameters.map(({ name }) => name)
    }
    expect(names('/ledger/{owner_id}')).toEqual(['owner_id', 'as_of'])
    const entries = ['owner_id', 'first', 'after', 'operation', 'from', 'to', 'order', 'metadata']
    expect(names('/ledger/{owner_id}/entries')).toEqual(entries)
  })
})
