import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createLedger, createPool, defineOperations, sharedOperations } from '../src/index.ts'
import { openLedger, operations, postBySql } from './open-ledger.ts'

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
  await postBySql(sql, { app: 'freelance', amount: 9 })
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

  test('does everything else that a ledger does, too', async () => {
    const spend = { ownerId: 'bob', operation: 'CREDIT_SPEND', amount: 5 } as const
    expect(await ledger.setOverdraft({ ownerId: 'bob', limit: 20 })).toMatchObject({ ok: true })
    const [first, second] = [
      await ledger.holdCredits({ ...spend, nonce: 'h1', expiresIn: 60 }),
      await ledger.holdCredits({ ...spend, nonce: 'h2', expiresIn: 60 }),
    ]
    if (!first.ok || !second.ok) throw new Error('not held')
    const captured = await ledger.captureHold({ id: first.hold.id, nonce: 'c' })
    if (!captured.ok) throw captured.error
    expect(await ledger.releaseHold(second.hold.id)).toMatchObject({ ok: true })
    expect(await ledger.refundEntry({ id: captured.entry.id, amount: 1, nonce: 'f' })).toMatchObject({
      ok: true,
    })
    const posted = await ledger.postTransaction({
      nonce: 't',
      entries: [spend, { ...spend, ownerId: 'ada', operation: 'CREDIT_ADD' }],
    })
    if (!posted.ok) throw posted.error
    expect(await ledger.reverseTransaction({ id: posted.transaction.id, nonce: 'r' })).toMatchObject({
      ok: true,
    })
    expect(await ledger.accounts({})).toMatchObject({
      edges: [{ node: { ownerId: 'ada' } }, { node: { ownerId: 'bob' } }],
    })
    const range = { from: new Date(0), to: new Date('2100-01-01'), per: 'MONTH' } as const
    expect(await ledger.summary({ ...range, from: new Date('2026-01-01') })).not.toEqual([])
    expect(await ledger.balanceAt('ada', new Date())).toMatchObject({ amount: 0 })
  })

  test('is told of new entries as they are posted', async () => {
    const entries = await ledger.postedEntries('ada')
    const listeners = async () => {
      const { rows } = await sql.query(
        `SELECT usename FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'`,
      )
      return rows.map(({ usename }) => usename)
    }
    await expect.poll(listeners).toEqual(['ledger_content'])
    await ledger.postEntry({ ownerId: 'ada', operation: 'CONTENT_ACCESS', nonce: 'live' })
    expect((await entries.next()).value.entry.nonce).toBe('live')

    // Where it may not wake them, it posts all the same, and they see it a little later.
    await sql.query('REVOKE EXECUTE ON FUNCTION pg_notify FROM PUBLIC')
    const posted = await ledger.postEntry({ ownerId: 'ada', operation: 'CONTENT_ACCESS', nonce: 'late' })
    expect(posted.ok).toBe(true)
    expect((await entries.next()).value.entry.nonce).toBe('late')
    await sql.query('GRANT EXECUTE ON FUNCTION pg_notify TO PUBLIC')
    await entries.return?.()
  })

  test("neither posts nor reads in another app's name", async () => {
    const posting = { ownerId: 'ada', operation: 'CREDIT_ADD', nonce: 'x' } as const
    const refusal = /permission denied for function (post|append)_freelance/
    const attempts = [
      () => freelance.postEntry(posting),
      () => freelance.holdCredits({ ...posting, operation: 'CREDIT_SPEND', expiresIn: 60 }),
      () => freelance.setOverdraft({ ownerId: 'ada', limit: 5 }),
    ]
    for (const attempt of attempts) {
      const error = await attempt().catch((reason) => reason)
      expect(error.code).toBe('DATABASE_UNAVAILABLE')
      expect(error.cause?.message).toMatch(refusal)
    }
    await expect(postBySql(role, { app: 'freelance' })).rejects.toThrow(refusal)
    await expect(role.query("SELECT ledger.try_freelance('ada', ARRAY['ada'], '{1}', '{}')")).rejects.toThrow(
      'permission denied for function try_freelance',
    )
    expect(await freelance.balance('ada')).toMatchObject({ amount: 0 })
    expect((await freelance.entries({ ownerId: 'ada' })).edges).toEqual([])
    const { rows } = await sql.query("SELECT balance FROM ledger.accounts WHERE book = 'freelance'")
    expect(rows).toEqual([{ balance: '9' }])
  })

  test.each([
    ['its own balance', "UPDATE ledger.accounts SET balance = 1000 WHERE book = 'content'"],
    ['another app’s accounts', "UPDATE ledger.accounts SET balance = 1000 WHERE book = 'freelance'"],
    ['its own entries', "UPDATE ledger.entries SET amount = 1000 WHERE app = 'content'"],
    ['another app’s entries', "DELETE FROM ledger.entries WHERE app = 'freelance'"],
    [
      'another app’s partition',
      'INSERT INTO ledger.entries_freelance SELECT * FROM ledger.entries_freelance',
    ],
    ['its own partition', 'SELECT * FROM ledger.entries_content'],
    ['holds', "UPDATE ledger.holds SET amount = 1 WHERE app = 'content'"],
    ['what was held', 'INSERT INTO ledger.holds SELECT * FROM ledger.holds'],
    [
      'what nonces were used for',
      `SELECT ledger.replay_freelance('ada', 'n', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`,
    ],
    ['the locks of accounts', "SELECT ledger.lock_accounts('content', ARRAY['ada'], false)"],
    [
      'what makes a hold',
      "SELECT ledger.make_hold('content', 'content', 'ada', 'CREDIT_SPEND', 1, 'n', '{}', 1000, now())",
    ],
    ['what makes the functions', "SELECT ledger.make_functions('freelance')"],
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
    await postBySql(role, { ownerId: 'eve' })
    expect(await owner.balance('eve')).toMatchObject({ amount: 1 })
    expect(await owner.balance('ada')).toMatchObject({ amount: 0 })
  })
})
