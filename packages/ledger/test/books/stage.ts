import { createTestDatabase } from '@shared-ledger/postgres/testing'
import pg from 'pg'
import { afterAll, expect } from 'vitest'
import { createLedgerClient } from '../../src/database/database.ts'
import {
  createLedger,
  createPool,
  defineOperations,
  lotOperations,
  type Operations,
  sharedOperations,
} from '../../src/index.ts'

/** The operations of an app with three books: its own, gems, which it shares, and stars. */
export const shop = defineOperations({
  ...sharedOperations,
  DAILY_REWARD: { ...sharedOperations.DAILY_REWARD, limit: { times: 1, per: 'lifetime' } },
  GEM_ADD: { amount: { min: 1, max: Number.MAX_SAFE_INTEGER, default: 10 }, book: 'gems' },
  GEM_SPEND: { amount: { min: -1000, max: -1, default: -1 }, book: 'gems' },
  GEM_GIFT: { amount: 1, book: 'gems', limit: { times: 2, per: 'lifetime' } },
  GEMS_FROZEN: { amount: 0, book: 'gems', state: 'FROZEN', scope: 'admin' },
  GEMS_OPENED: { amount: 0, book: 'gems', state: 'OPEN', scope: 'admin' },
  STAR_ADD: { amount: 1, book: 'stars' },
})

/** The operations of an app that shares the gems. */
export const arcade = defineOperations({
  ...sharedOperations,
  GEM_WON: { amount: { min: 1, max: 1000 }, book: 'gems' },
  GEM_PLAYED: { amount: { min: -1000, max: -1, default: -1 }, book: 'gems' },
  GEM_GIFT: { amount: 1, book: 'gems', limit: { times: 2, per: 'lifetime' } },
  GEMS_FROZEN: { amount: 0, book: 'gems', state: 'FROZEN', scope: 'admin' },
})

/** Returns the book of each operation that does not have the app's own, as ledger.set_operations takes it. */
export function namedBooks(operations: Operations): Record<string, string> {
  return Object.fromEntries(
    Object.entries(operations).flatMap(([name, { book }]) => (book === undefined ? [] : [[name, book]])),
  )
}

/** Declares an app's operations, as its migration does. */
export async function declare(sql: pg.Client, app: string, operations: Operations): Promise<void> {
  await sql.query('SELECT ledger.set_operations($1, $2, $3, $4)', [
    app,
    Object.keys(operations),
    [],
    namedBooks(operations),
  ])
}

/** Makes an app's books, and shares some of them with other apps. */
export async function makeBooks(
  sql: pg.Client,
  app: string,
  books: Readonly<Record<string, readonly string[]>>,
): Promise<void> {
  await declare(sql, app, { ...sharedOperations, ...lotOperations })
  for (const [book, apps] of Object.entries(books)) {
    await sql.query('SELECT ledger.make_book($1, $2)', [app, book])
    await sql.query('SELECT ledger.share_book($1, $2, $3)', [app, book, apps])
  }
}

/** Opens a database for this test file, with the two apps. `mall` is another app, which shares nothing. */
export async function openBooks() {
  const database = await createTestDatabase()
  const sql = new pg.Client({ connectionString: database.directUrl })
  await sql.connect()
  await makeBooks(sql, 'shop', { gems: ['arcade'], stars: [] })
  await declare(sql, 'shop', shop)
  await declare(sql, 'arcade', arcade)
  await declare(sql, 'mall', sharedOperations)
  const pool = createPool(database.url)
  const prisma = createLedgerClient(pool)
  const ledgers = {
    shop: createLedger({ app: 'shop', operations: shop, pool }),
    arcade: createLedger({ app: 'arcade', operations: arcade, pool }),
  }
  afterAll(async () => {
    await sql.end()
    await prisma.$disconnect()
    for (const ledger of Object.values(ledgers)) await ledger.close()
    await pool.end()
    expect(await database.deadlocks()).toBe(0)
    await database.drop()
  })
  return { database, sql, pool, prisma, ...ledgers }
}

/** Returns a result that must be a success. */
export function given<Result extends { readonly ok: boolean }>(
  result: Result,
): Extract<Result, { ok: true }> {
  expect(result).toMatchObject({ ok: true })
  return result as Extract<Result, { ok: true }>
}

/** Posts many entries of an app by one call of the database, so that a reader sees them all at once. */
export async function postAtOnce(
  sql: pg.Client,
  app: 'shop' | 'arcade',
  ownerId: string,
  entries: number,
): Promise<void> {
  const operation = app === 'shop' ? 'GEM_ADD' : 'GEM_WON'
  const ones = Array.from({ length: entries }, () => 1)
  const requests = {
    ...{
      book: ['gems'],
      id: ones.map(() => crypto.randomUUID()),
      nonce: ones.map(() => crypto.randomUUID()),
    },
    ...{ request: ones.map((_, index) => index + 1), account: ones },
    ...{ operation: ones.map(() => operation), amount: ones, requested: ones },
  }
  const call = `SELECT ledger.post_${app}($1, ARRAY[$1], '{1}', $2) AS answer`
  const { rows } = await sql.query(call, [ownerId, JSON.stringify(requests)])
  expect(rows[0].answer.ids.filter((id: unknown) => id !== null)).toHaveLength(entries)
}
