import {
  createLedger,
  createPool,
  defineOperations,
  type Ledger,
  type Operations,
  type Principal,
  sharedOperations,
} from '@shared-ledger/ledger'
import { createTestDatabase } from '@shared-ledger/postgres/testing'
import { type GraphQLSchema, graphql } from 'graphql'
import pg from 'pg'
import { afterAll } from 'vitest'
import { anyone, buildSchema } from './build-schema.ts'

/** The bank makes the books gems and coins, and shares coins with the arcade. */
export const bankOperations = defineOperations({
  ...sharedOperations,
  GEM_GRANT: { amount: { min: 1, max: 100 }, book: 'gems', description: 'Gems for a level.' },
  GEM_SPEND: { amount: { min: -100, max: -1 }, book: 'gems', limit: { times: 3, per: 'day' } },
  COIN_ADD: { amount: { min: 1, max: 1000 }, book: 'coins' },
  COIN_SPEND: { amount: { min: -1000, max: -1 }, book: 'coins' },
  COINS_FROZEN: { amount: 0, state: 'SPENDING_FROZEN', scope: 'admin', book: 'coins' },
})

export const arcadeOperations = defineOperations({
  ...sharedOperations,
  PLAY: { amount: { min: -50, max: -1 }, book: 'coins' },
  PRIZE: { amount: { min: 1, max: 50 }, book: 'coins' },
  COINS_FROZEN: { amount: 0, state: 'SPENDING_FROZEN', scope: 'admin', book: 'coins' },
})

/** The guest posts to the own book of the app host, which has no other. */
const guestOperations = defineOperations({
  ...sharedOperations,
  VISIT: { amount: -1, book: 'host' },
})

/** Opens apps that share books on a database of this test file, with a superuser's connection. */
export async function openBooks() {
  const database = await createTestDatabase()
  const sql = new pg.Client({ connectionString: database.url })
  await sql.connect()
  const declare = (app: string, operations: Operations) =>
    sql.query('SELECT ledger.set_operations($1, $2, books => $3)', [
      app,
      Object.keys(operations),
      Object.fromEntries(
        Object.entries(operations).flatMap(([name, { book }]) => (book ? [[name, book]] : [])),
      ),
    ])
  for (const app of ['bank', 'arcade', 'host', 'guest']) await declare(app, sharedOperations)
  for (const book of ['gems', 'coins']) await sql.query('SELECT ledger.make_book($1, $2)', ['bank', book])
  await sql.query('SELECT ledger.share_book($1, $2, $3)', ['bank', 'coins', ['arcade']])
  await sql.query('SELECT ledger.share_book($1, $2, $3)', ['host', 'host', ['guest']])
  await declare('bank', bankOperations)
  await declare('arcade', arcadeOperations)
  await declare('guest', guestOperations)

  const pool = createPool(database.url)
  const bank = createLedger({ app: 'bank', operations: bankOperations, pool })
  const arcade = createLedger({ app: 'arcade', operations: arcadeOperations, pool })
  const host = createLedger({ app: 'host', operations: defineOperations(sharedOperations), pool })
  const guest = createLedger({ app: 'guest', operations: guestOperations, pool })
  afterAll(async () => {
    await sql.end()
    for (const ledger of [bank, arcade, host, guest]) await ledger.close()
    await pool.end()
    await database.drop()
  })
  return {
    database,
    bank: graphOf(bank),
    arcade: graphOf(arcade),
    host: graphOf(host),
    guest: graphOf(guest),
  }
}

/** An app with its graph. */
export interface App {
  readonly ask: ReturnType<typeof askOf>
  readonly schema: GraphQLSchema
}

/** Returns the app of a ledger. */
function graphOf<Ops extends Operations>(ledger: Ledger<Ops>): App {
  const schema = buildSchema(ledger)
  return { schema, ask: askOf(schema) }
}

/** Returns a function that runs a document as a client would send it. */
function askOf(schema: GraphQLSchema) {
  return async (source: string, principal: Principal = anyone) =>
    JSON.parse(JSON.stringify(await graphql({ schema, source, contextValue: { principal } })))
}

/** Posts an entry by an app's graph, and returns the member of its union. */
export async function post(app: App, ownerId: string, operation: string, amount: number, more = '') {
  const answer = await app.ask(`mutation { it: postLedgerEntry(input: {
    ownerId: "${ownerId}", operation: ${operation}, amount: ${amount}, nonce: "${crypto.randomUUID()}" ${more} }) {
    __typename ... on Error { code message }
    ... on PostLedgerEntrySuccess { entry { id seq amount balanceAfter nonce transactionId } balance { id amount available } }
    ... on InsufficientBalanceError { balance { id amount } }
    ... on ValidationError { errors { field message } }
    ... on AccountStateError { balance { state } }
  } }`)
  if (answer.errors) throw new Error(JSON.stringify(answer.errors))
  return answer.data.it
}

/** Selects a page of all entries of an account. `more` is selected of the app's own entries. */
export const accountEntries = (args: string, more = '') => `accountEntries(${args}) {
  edges { cursor node {
    ... on LedgerEntry { __typename seq operation amount nonce metadata ${more} }
    ... on LedgerOtherAppsEntry { __typename app seq operationName amount balanceAfter }
  } }
  pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }`
