// One connection: its prepared statements, and what happens when functions are replaced under it.
import pg from 'pg'
import { afterAll, expect, test } from 'vitest'
import { createLedger } from '../src/index.ts'
import { openLedger, operations } from './open-ledger.ts'

const { database, sql } = await openLedger()
const pool = new pg.Pool({ connectionString: database.url, max: 1 })
const ledger = createLedger({ app: 'content', operations, pool })
afterAll(async () => {
  await ledger.close()
  await pool.end()
})

const add = (nonce: string) => ({ ownerId: 'ada', operation: 'CREDIT_ADD', amount: 5, nonce }) as const
const isolated = (n: number) => ledger.balance(`owner ${n}`)

test('only reads of balances are prepared, once, for any number of owners', async () => {
  const posted = await ledger.postEntry(add('1'))
  if (!posted.ok) throw posted.error
  for (let n = 0; n < 20; n += 1) {
    await isolated(n)
    await Promise.all([isolated(1), isolated(n)])
    await ledger.postEntry(add(`${n}`))
    await ledger.entry(posted.entry.id)
    await ledger.entries({ ownerId: 'ada', first: n + 1, ...(n % 2 && { operations: ['CREDIT_ADD'] }) })
    await ledger.accounts({ prefix: `${n}` })
  }
  const { rows } = await pool.query('SELECT name, generic_plans > 0 AS kept FROM pg_prepared_statements')
  expect(rows).toEqual([{ name: 'ledger.balances', kept: true }])
})

test('a migration that replaces their function changes their answer, but does not break them', async () => {
  const { amount } = await ledger.balance('ada')
  const { rows } = await sql.query("SELECT pg_get_functiondef('ledger.balances'::regproc) AS definition")
  await sql.query('DROP FUNCTION ledger.balances')
  await expect(ledger.balance('ada')).rejects.toThrow()
  await sql.query(rows[0].definition)
  expect(await ledger.balance('ada')).toMatchObject({ amount })
  await sql.query(`CREATE OR REPLACE FUNCTION ledger.balances(book text, owner_ids text[]) RETURNS json
    LANGUAGE sql STABLE RETURN json_build_array(json_build_object('ownerId', owner_ids[1], 'amount', 7))`)
  expect(await ledger.balance('ada')).toEqual({ ownerId: 'ada', amount: 7, book: 'content' })
  await sql.query(rows[0].definition)
  expect(await ledger.balance('ada')).toMatchObject({ amount })
})
