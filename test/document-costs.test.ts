import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
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
  validate,
} from 'graphql'
import { describe, expect, test } from 'vitest'
import { routes as contentRoutes } from '../apps/content/src/routes.ts'
import { routes as freelanceRoutes } from '../apps/freelance/src/routes.ts'
import { appOf } from '../docs/test/example.ts'
import { blocksOf, documents as docs, root, walkthroughs } from '../docs/test/markdown.ts'
import { appSchema } from '../packages/cli/src/app-schema.ts'
import * as clientDocuments from '../packages/client/src/generated/documents.ts'
import { maxCost } from '../packages/server/src/cost/cost-limit.ts'
import { createCountCost } from '../packages/server/src/cost/document-cost.ts'
import { defaultStarterQuery } from '../packages/server/src/graphiql.ts'

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

/** The client's documents that not every app serves, with the mutation of those that do. */
const ofSomeApps = new Map([
  ['TransferDocument', 'transferCredits'],
  ['ExchangeDocument', 'exchangeCredits'],
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

/** The longest lists of the ledger, with everything that can be selected on their items. */
function ofLists(schema: GraphQLSchema): Named[] {
  const scalars = (typeName: string) => {
    const type = schema.getType(typeName)
    if (!isObjectType(type)) throw new TypeError(`there is no ${typeName}`)
    const fields = Object.values(type.getFields()).filter((field) => isLeafType(getNamedType(field.type)))
    return fields.map((field) => field.name).join(' ')
  }
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
  return queries.map((query) => ({ name: query, document: parse(`{ ${query} }`) }))
}

describe.each(apps)('of %s', (app, routes) => {
  test('every document of the project costs at most a third of the limit', async () => {
    const schema = await appSchema(root, app)
    const countCost = createCountCost(schema)
    const known = [
      ...ofClient(schema),
      ...ofRest(app, schema, routes),
      ...ofDocs(app),
      ...ofApp(app),
      ...ofGraphiql(),
      ...ofLists(schema),
    ]
    expect(
      known.flatMap(({ name, document }) => validate(schema, document).map(({ message }) => [name, message])),
    ).toEqual([])
    const costs = known.flatMap(({ name, document }) =>
      document.definitions.flatMap((definition) =>
        definition.kind === Kind.OPERATION_DEFINITION
          ? [{ name, cost: countCost(document, definition, largest).cost }]
          : [],
      ),
    )
    expect(costs.length).toBeGreaterThan(75)
    expect(costs.filter(({ cost }) => !(cost > 0 && cost <= maxCost / 3))).toEqual([])
  })
})
