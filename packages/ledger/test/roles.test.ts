import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createLedger, createPool, defineOperations, sharedOperations } from '../src/index.ts'
import { openLedger, operations } from './open-ledger.ts'

const { database, ledger: owner, sql } = await openLedger()
const password = crypto.randomUUID()

// Roles belong to the whole server, which other test files share: they go when this file is done.
const url = new URL(database.url)
url.username = 'ledger_content'
url.password = password
const pool = createPool(url.href)
const ledger = createLedger({ app: 'content', operations, pool })
const freelance = createLedger({ app: 'freelance', operations: defineOperations(sharedOperations), pool })
const role = new pg.Client({ connectionString: url.href })

beforeAll(async () => {
  await sql.query(`CREATE ROLE ledger_content LOGIN PASSWORD ${pg.escapeLiteral(password)}`)
  await sql.query("SELECT ledger.grant_app('content')")
  await sql.query(
    `SELECT ledger.post_entry('freelance', 'ada', 'CREDIT_ADD', 9, NULL, 'f', '{}', gen_random_uuid())`,
  )
  await role.connect()
})
afterAll(async () => {
  await role.end()
  await pool.end()
  await sql.query('DROP OWNED BY ledger_content; DROP ROLE ledger_content')
})

describe("an app's own database role", () => {
  test('posts and reads in the name of its app', async () => {
    await ledger.assertReady()
    const posted = await ledger.postEntry({ ownerId: 'ada', operation: 'CREDIT_ADD', amount: 5, nonce: 'n' })
    expect(posted).toMatchObject({ ok: true, balance: { amount: 5 } })
    expect(
      await ledger.postEntry({ ownerId: 'ada', operation: 'CONTENT_CREATION', nonce: 'm' }),
    ).toMatchObject({ ok: true })
    expect(await ledger.balance('ada')).toEqual(await owner.balance('ada'))
    expect((await ledger.entries({ ownerId: 'ada' })).edges).toHaveLength(2)
  })

  test("neither posts nor reads in another app's name", async () => {
    const posting = { ownerId: 'ada', operation: 'CREDIT_ADD', nonce: 'x' } as const
    await expect(freelance.postEntry(posting)).rejects.toThrow(
      'the role ledger_content may not post for the app freelance',
    )
    expect(await freelance.balance('ada')).toMatchObject({ amount: 0 })
    expect((await freelance.entries({ ownerId: 'ada' })).edges).toEqual([])
    const { rows } = await sql.query("SELECT balance FROM ledger.accounts WHERE app = 'freelance'")
    expect(rows).toEqual([{ balance: '9' }])
  })

  test.each([
    ['its own balance', "UPDATE ledger.accounts SET balance = 1000 WHERE app = 'content'"],
    ['another app’s accounts', "UPDATE ledger.accounts SET balance = 1000 WHERE app = 'freelance'"],
    ['its own entries', "UPDATE ledger.entries SET amount = 1000 WHERE app = 'content'"],
    ['another app’s entries', "DELETE FROM ledger.entries WHERE app = 'freelance'"],
    [
      'another app’s partition',
      'INSERT INTO ledger.entries_freelance SELECT * FROM ledger.entries_freelance',
    ],
    ['its own partition', 'SELECT * FROM ledger.entries_content'],
    ['operations', "SELECT ledger.set_operations('freelance', ledger.shared_operations())"],
    ['who may do what', "SELECT ledger.grant_app('freelance')"],
    [
      'the clock',
      "CREATE OR REPLACE FUNCTION ledger.now() RETURNS timestamptz LANGUAGE sql RETURN '2000-01-01'::timestamptz",
    ],
  ])('cannot touch %s but through the ledger', async (_what, statement) => {
    await expect(role.query(statement)).rejects.toThrow('permission denied')
  })

  test('posts by no function of its own making', async () => {
    await sql.query('CREATE SCHEMA content_role AUTHORIZATION ledger_content')
    await role.query(`CREATE FUNCTION content_role.date_trunc(text, timestamptz) RETURNS timestamptz LANGUAGE plpgsql
      AS $$ BEGIN UPDATE ledger.accounts SET balance = 1000; RETURN now(); END $$`)
    await role.query('SET search_path = content_role, pg_catalog')
    await role.query(
      `SELECT ledger.post_entry('content', 'eve', 'CREDIT_ADD', 1, NULL, 'n', '{}', gen_random_uuid())`,
    )
    expect(await owner.balance('eve')).toMatchObject({ amount: 1 })
    expect(await owner.balance('ada')).toMatchObject({ amount: 0 })
  })
})
