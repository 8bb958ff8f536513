import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { documents as consoleDocuments } from '@shared-ledger/console'
import { createRest, type Route } from '@shared-ledger/rest'
import {
  type DocumentNode,
  type GraphQLSchema,
  getIntrospectionQuery,
  getNamedType,
  isLeafType,
  isObjectType,
  Kind,
  parse,
  print,
  validate,
} from 'graphql'
import { describe, expect, test } from 'vitest'
import { routes as contentRoutes } from '../apps/content/src/routes.ts'
import { routes as freelanceRoutes } from '../apps/freelance/src/routes.ts'
import { appOf } from '../docs/test/example.ts'
import { blocksOf, documents as docs, root, walkthroughs } from '../docs/test/markdown.ts'
import { appSchema } from '../packages/cli/src/app-schema.ts'
import * as clientDocuments from '../packages/client/src/generated/documents.ts'
import { fitDocuments } from '../packages/server/src/console-documents.ts'
import { maxCost } from '../packages/server/src/cost/cost-limit.ts'
import { createCountCost } from '../packages/server/src/cost/document-cost.ts'
import { defaultStarterQuery } from '../packages/server/src/graphiql.ts'
import { fullSchema } from '../scripts/contract-schema.ts'

interface Named {
  readonly name: string
  readonly document: DocumentNode
}

const apps: [name: string, routes: readonly Route[]][] = [
  ['content', contentRoutes],
  ['freelance', freelanceRoutes],
]

/** The largest values that the product's limits allow in variables. */
const largest = {
  inputs: Array.from({ length: 1000 }, () => ({})),
  first: 100,
  from: '2026-01-01T00:00:00.000Z',
  to: '2026-02-11T16:00:00.000Z', // 1,000 hours later
  per: 'HOUR',
  metadata: { key: 'order', value: 'A-17' },
}

const lotDocuments = [
  ...['EntryLotsDocument', 'ExpiringDocument', 'LiveLotsDocument', 'LotDocument', 'LotSummaryDocument'],
  ...['LotUsesDocument', 'LotsDocument', 'VoidLotDocument'],
]

/** The client's documents that not every app serves, with the mutation of those that do. */
const ofSomeApps = new Map<string, string>([
  ['TransferDocument', 'transferCredits'],
  ['ExchangeDocument', 'exchangeCredits'],
  ...lotDocuments.map((name): [string, string] => [name, 'voidLot']),
])

function ofClient(schema: GraphQLSchema): Named[] {
  const mutations = schema.getMutationType()?.getFields() ?? {}
  const isServed = (name: string) => {
    const mutation = ofSomeApps.get(name)
    return mutation === undefined || Object.hasOwn(mutations, mutation)
  }
  return Object.entries(clientDocuments)
    .filter(([name]) => name.endsWith('Document') && isServed(name))
    .map(([name, document]) => ({ name, document }))
}

/** The console's documents, as an app's server sends them to the console. */
function ofConsole(schema: GraphQLSchema): Named[] {
  return Object.entries(fitDocuments(schema, consoleDocuments)).map(([name, text]) => ({
    name: `console ${name}`,
    document: parse(text),
  }))
}

function ofRest(app: string, schema: GraphQLSchema, routes: readonly Route[]): Named[] {
  return createRest({ app, schema, routes, execute: () => ({}) }).routes.map((route) => ({
    name: `${route.method} ${route.path}`,
    document: route.document,
  }))
}

/**
 * The examples in docs, also those that curl sends. One that shows a refusal, and those of apps that docs make, are
 * left out.
 */
function ofDocs(app: string): Named[] {
  return docs
    .filter((document) => !walkthroughs.includes(document))
    .flatMap(blocksOf)
    .filter(
      (block, at, blocks) => appOf(block) === app && !blocks[at + 1]?.text.includes('QUERY_TOO_EXPENSIVE'),
    )
    .flatMap(({ language, text, place, info }) => {
      if (language === 'graphql') return info.partial ? [] : [{ name: place, document: parse(text) }]
      const sent = language === 'sh' && /'(\{"query":.*\})'/.exec(text)?.[1]
      return sent ? [{ name: place, document: parse(JSON.parse(sent).query) }] : []
    })
}

function ofApp(app: string): Named[] {
  const folder = path.join(root, 'apps', app, 'test/documents')
  return readdirSync(folder).map((name) => ({
    name,
    document: parse(readFileSync(path.join(folder, name), 'utf8')),
  }))
}

function ofGraphiql(): Named[] {
  const introspection = getIntrospectionQuery({
    descriptions: true,
    specifiedByUrl: true,
    directiveIsRepeatable: true,
    schemaDescription: true,
    inputValueDeprecation: true,
    oneOf: true,
  })
  return [
    { name: 'introspection', document: parse(introspection) },
    { name: 'starter query', document: parse(defaultStarterQuery) },
  ]
}

/** Returns the scalars and enums of a type. */
function scalarsOf(schema: GraphQLSchema, typeName: string): string {
  const type = schema.getType(typeName)
  if (!isObjectType(type)) throw new TypeError(`there is no ${typeName}`)
  const fields = Object.values(type.getFields()).filter((field) => isLeafType(getNamedType(field.type)))
  return fields.map((field) => field.name).join(' ')
}

const ofQuery = (query: string): Named => ({ name: query, document: parse(`{ ${query} }`) })

/** The longest lists of the ledger, with everything that can be selected on their items. */
function ofLists(schema: GraphQLSchema): Named[] {
  const scalars = (typeName: string) => scalarsOf(schema, typeName)
  const [entry, other, hold, balance] = [
    'LedgerEntry',
    'LedgerOtherAppsEntry',
    'LedgerHold',
    'LedgerBalance',
  ].map(scalars)
  const queries = [
    `ledgerEntries(ownerId: "ann", first: 100) { edges { cursor node { ${entry} } } pageInfo { endCursor } }`,
    `accountEntries(ownerId: "ann", first: 100) { edges { cursor node { ... on LedgerEntry { ${entry} } ... on LedgerOtherAppsEntry { ${other} } } } }`,
    `ledgerAccounts(first: 100) { edges { cursor node { ${scalars('LedgerAccount')} balance { ${balance} } } } }`,
    `ledgerHolds(ownerId: "ann") { ${hold} capturedBy { ${entry} } }`,
    `ledgerTransaction(id: "1") { ${scalars('LedgerTransaction')} entries { ${entry} } }`,
  ]
  return queries.map(ofQuery)
}

/** The same of lots. */
function ofLots(schema: GraphQLSchema): Named[] {
  const [lot, use, entry] = ['LedgerLot', 'LedgerLotUse', 'LedgerEntry'].map((name) =>
    scalarsOf(schema, name),
  )
  return [
    `ledgerLots(ownerId: "ann", first: 100) { edges { cursor node { ${lot} entry { ${entry} } } } }`,
    `balance(ownerId: "ann") { amount expiring { amount on } lots { ${lot} entry { ${entry} } } }`,
    `ledgerEntries(ownerId: "ann", first: 100) { edges { node { ${entry} lots { ${use} } } } }`,
    `ledgerEntry(id: "1") { ${entry} lots { ${use} lot { ${lot} } } }`,
    `ledgerLotSummary(from: "${largest.from}", to: "${largest.to}", per: HOUR) { kind start granted used expired voided outstanding }`,
    `ledgerLot(id: "1") { ${lot} uses(first: 100) { edges { cursor node { ${use} entry { ${entry} } } } } }`,
  ].map(ofQuery)
}

/** Returns what documents cost with the largest variables. They fit the schema. */
function costsOf(schema: GraphQLSchema, known: readonly Named[]) {
  const countCost = createCountCost(schema)
  expect(
    known.flatMap(({ name, document }) => validate(schema, document).map(({ message }) => [name, message])),
  ).toEqual([])
  return known.flatMap(({ name, document }) =>
    document.definitions.flatMap((definition) =>
      definition.kind === Kind.OPERATION_DEFINITION
        ? [{ name, cost: countCost(document, definition, largest).cost }]
        : [],
    ),
  )
}

describe.each(apps)('of %s', (app, routes) => {
  test('every document of the project costs at most a third of the limit', async () => {
    const schema = await appSchema(root, app)
    const costs = costsOf(schema, [
      ...ofClient(schema),
      ...ofConsole(schema),
      ...ofRest(app, schema, routes),
      ...ofDocs(app),
      ...ofApp(app),
      ...ofGraphiql(),
      ...ofLists(schema),
    ])
    expect(costs.length).toBeGreaterThan(75)
    expect(costs.filter(({ cost }) => !(cost > 0 && cost <= maxCost / 3))).toEqual([])
  })
})

describe('of an app with lots', () => {
  const schema = fullSchema()

  test('every document of lots costs at most a third of the limit', () => {
    const ofProject = [...ofClient(schema), ...ofRest('contract', schema, [])]
    const known = ofProject.filter(({ document }) => /Lot|lots|expiring/.test(print(document)))
    expect(known.map(({ name }) => name).sort()).toEqual([
      ...lotDocuments,
      ...['get /balance/{owner_id}', 'get /ledger/entries/{entry_id}/lots', 'get /ledger/lots/{lot_id}'],
      ...['get /ledger/lots/{lot_id}/uses', 'get /ledger/{owner_id}', 'get /ledger/{owner_id}/lots'],
      ...['get /ledger/{owner_id}/lots/summary', 'get /operations/lots/summary'],
      'post /ledger/lots/{lot_id}/void',
    ])
    const costs = costsOf(schema, [...known, ...ofLots(schema)])
    expect(costs.filter(({ cost }) => !(cost > 0 && cost <= maxCost / 3))).toEqual([])
  })

  test('every document of the console fits, and costs at most a third of the limit', () => {
    const known = ofConsole(schema)
    const names = consoleDocuments.flatMap(({ definitions: [definition] }) =>
      definition?.kind === Kind.OPERATION_DEFINITION ? [`console ${definition.name?.value}`] : [],
    )
    expect(known.map(({ name }) => name).sort()).toEqual(names.sort())
    expect(costsOf(schema, known).filter(({ cost }) => !(cost > 0 && cost <= maxCost / 3))).toEqual([])
  })

  test.each([
    'ledgerLots(ownerId: "ann", first: 100) { edges { node { uses(first: 100) { edges { node { entry { id } } } } } } }',
    'ledgerEntries(ownerId: "ann", first: 100) { edges { node { lots { lot { rest entry { id } } } } } }',
    'ledgerAccounts(first: 100) { edges { node { balance { lots { entry { id amount } } } } } }',
    'balance(ownerId: "ann") { lots { uses { edges { node { lot { uses { edges { cursor } } } } } } } }',
  ])('lists of lots in lists are too expensive: %s', (query) => {
    expect(costsOf(schema, [ofQuery(query)])).toEqual([{ name: query, cost: expect.any(Number) }])
    expect(costsOf(schema, [ofQuery(query)])[0]?.cost).toBeGreaterThan(maxCost)
  })
})
