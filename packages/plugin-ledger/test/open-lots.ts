import {
  createLedger,
  createPool,
  defineOperations,
  type Ledger,
  lotOperations,
  type Operations,
  type Principal,
  sharedOperations,
  transferOperations,
} from '@shared-ledger/ledger'
import { createTestDatabase } from '@shared-ledger/postgres/testing'
import { graphql } from 'graphql'
import pg from 'pg'
import { afterAll } from 'vitest'
import { stopClockAt } from '../../ledger/test/open-ledger.ts'
import { anyone, buildSchema } from './build-schema.ts'

const credits = { min: 1, max: 1000 } as const

/** Operations with lots of each kind. */
export const shopOperations = defineOperations({
  ...sharedOperations,
  ...transferOperations,
  ...lotOperations,
  BOUGHT: { amount: credits, lot: { expires: null } },
  PROMO: { amount: credits, lot: { expires: { days: 30 }, kind: 'promotional' } },
  MONTHLY: { amount: credits, lot: { expires: { endOf: 'month' } } },
  GIFT: { amount: credits, lot: { expires: 'input', priority: 10 } },
  SPENT: { amount: { min: -1000, max: -1 } },
})

/** The guest posts to the book of the shop. */
export const guestOperations = defineOperations({
  ...sharedOperations,
  ...lotOperations,
  WELCOME: { amount: credits, book: 'shop', lot: { expires: { days: 10 } } },
  VISIT: { amount: { min: -100, max: -1 }, book: 'shop' },
})

/**
 * Opens the ledgers of two apps with lots that share a book, on a database of this test file, with a superuser's
 * connection. The ledger's clock stands still until it is moved.
 */
export async function openLots(start = '2026-11-10T00:00Z') {
  const database = await createTestDatabase()
  const sql = new pg.Client({ connectionString: database.url })
  await sql.connect()
  const declare = (app: string, operations: Operations, books: object = {}) =>
    sql.query('SELECT ledger.set_operations($1, $2, books => $3)', [app, Object.keys(operations), books])
  await declare('shop', shopOperations)
  await declare('guest', sharedOperations)
  await sql.query("SELECT ledger.share_book('shop', 'shop', '{guest}')")
  await declare('guest', guestOperations, { WELCOME: 'shop', VISIT: 'shop' })
  const moveClock = (moment: string) => stopClockAt(sql, moment)
  await moveClock(start)

  const pool = createPool(database.url)
  const shop = createLedger({ app: 'shop', operations: shopOperations, pool })
  const guest = createLedger({ app: 'guest', operations: guestOperations, pool })
  afterAll(async () => {
    await sql.end()
    for (const ledger of [shop, guest]) await ledger.close()
    await pool.end()
    await database.drop()
  })
  return { sql, pool, shop, guest, moveClock }
}

/** Returns the graph of a ledger, and a function that runs a document as a client would send it. */
export function graphOf<Ops extends Operations>(ledger: Ledger<Ops>) {
  const schema = buildSchema(ledger)
  const ask = async (source: string, principal: Principal = anyone) =>
    JSON.parse(JSON.stringify(await graphql({ schema, source, contextValue: { principal } })))
  return { schema, ask }
}
