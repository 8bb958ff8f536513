import {
  accountOperations,
  createLedger,
  createPool,
  defineOperations,
  type Operations,
  sharedOperations,
} from '@shared-ledger/ledger'
import { createTestDatabase } from '@shared-ledger/postgres/testing'
import pg from 'pg'
import { afterAll } from 'vitest'

/** The bank makes a second book, gems, and shares it with the arcade. It freezes accounts. */
export const bankOperations = defineOperations({
  ...sharedOperations,
  ...accountOperations,
  GEM_GRANT: { amount: { min: 1, max: 100 }, book: 'gems' },
  GEM_SPEND: { amount: { min: -100, max: -1 }, book: 'gems' },
  GEM_SALE: {
    amount: { min: -100, max: -1 },
    book: 'gems',
    exchange: { into: 'SALE_CREDIT', rate: { give: 1, get: 10 } },
  },
  SALE_CREDIT: { amount: { min: 1, max: 1000 } },
})

/** The arcade spends gems. */
const arcadeOperations = defineOperations({
  ...sharedOperations,
  PLAY: { amount: { min: -50, max: -1 }, book: 'gems' },
})

/** Opens the ledgers of two apps that share a book, and of one with a book alone, on a database of this test file. */
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
  for (const app of ['bank', 'arcade', 'solo']) await declare(app, sharedOperations)
  await sql.query("SELECT ledger.make_book('bank', 'gems'), ledger.share_book('bank', 'gems', '{arcade}')")
  await declare('bank', bankOperations)
  await declare('arcade', arcadeOperations)
  const pool = createPool(database.url)
  const bank = createLedger({ app: 'bank', operations: bankOperations, pool })
  const arcade = createLedger({ app: 'arcade', operations: arcadeOperations, pool })
  const solo = createLedger({ app: 'solo', operations: defineOperations(sharedOperations), pool })
  afterAll(async () => {
    await sql.end()
    for (const ledger of [bank, arcade, solo]) await ledger.close()
    await pool.end()
    await database.drop()
  })
  return { sql, bank, arcade, solo }
}
