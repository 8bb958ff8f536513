import { afterAll, describe, expect, test } from 'vitest'
import {
  createLedger,
  createPool,
  defineOperations,
  lotOperations,
  sharedOperations,
} from '../../src/index.ts'
import { postBySql, operations as withoutLots } from '../open-ledger.ts'
import { takeOverApp } from './stage.ts'

// The other half of the attacker's tests: everything that an app does for itself works with its role.
const operations = defineOperations({ ...withoutLots, ...lotOperations })
const { apps, database, owner: sql, attacker: role, urlOf } = await takeOverApp()
await sql.query('SELECT ledger.set_operations($1, $2)', [apps.own, Object.keys(operations)])
await postBySql(sql, { app: apps.other, amount: 9 })

const pool = createPool(urlOf('own'))
const ledger = createLedger({ app: apps.own, operations, pool })
const other = createLedger({ app: apps.other, operations: defineOperations(sharedOperations), pool })
const owners = createPool(database.url)
const owner = createLedger({ app: apps.own, operations, pool: owners })
afterAll(async () => {
  for (const each of [ledger, other, owner]) await each.close()
  await pool.end()
  await owners.end()
})

describe("an app's own database role", () => {
  test('posts and reads for its app', async () => {
    await ledger.assertReady()
    const posted = await ledger.postEntry({ ownerId: 'ada', operation: 'CREDIT_ADD', amount: 5, nonce: 'n' })
    expect(posted).toMatchObject({ ok: true, balance: { amount: 5 } })
    expect(
      await ledger.postEntry({ ownerId: 'ada', operation: 'CONTENT_CREATION', nonce: 'm' }),
    ).toMatchObject({ ok: true })
    expect(await ledger.balance('ada')).toEqual(await owner.balance('ada'))
    expect((await ledger.entries({ ownerId: 'ada' })).edges).toHaveLength(2)
  })

  test('does everything else that a ledger does', async () => {
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
      edges: [{ node: { ownerId: '1' } }, { node: { ownerId: 'ada' } }, { node: { ownerId: 'bob' } }],
    })
    const range = { from: new Date(0), to: new Date('2100-01-01'), per: 'MONTH' } as const
    expect(await ledger.summary({ ...range, from: new Date('2026-01-01') })).not.toEqual([])
    expect(await ledger.balanceAt('ada', new Date())).toMatchObject({ amount: 0 })
  })

  test('hears of new entries as they are posted', async () => {
    const entries = await ledger.postedEntries('ada')
    const listeners = async () => {
      const { rows } = await sql.query(
        `SELECT usename FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'`,
      )
      return rows.map(({ usename }) => usename)
    }
    await expect.poll(listeners).toEqual([`ledger_${apps.own}`])
    await ledger.postEntry({ ownerId: 'ada', operation: 'CONTENT_ACCESS', nonce: 'live' })
    expect((await entries.next()).value.entry.nonce).toBe('live')

    // Without the right to wake readers it still posts, and they see the entries a little later.
    await sql.query('REVOKE EXECUTE ON FUNCTION pg_notify FROM PUBLIC')
    const posted = await ledger.postEntry({ ownerId: 'ada', operation: 'CONTENT_ACCESS', nonce: 'late' })
    expect(posted.ok).toBe(true)
    expect((await entries.next()).value.entry.nonce).toBe('late')
    await sql.query('GRANT EXECUTE ON FUNCTION pg_notify TO PUBLIC')
    await entries.return?.()
  })

  test('neither posts nor reads for another app', async () => {
    const posting = { ownerId: 'ada', operation: 'CREDIT_ADD', nonce: 'x' } as const
    const refusal = new RegExp(`permission denied for function (post|append)_${apps.other}`)
    const attempts = [
      () => other.postEntry(posting),
      () => other.holdCredits({ ...posting, operation: 'CREDIT_SPEND', expiresIn: 60 }),
      () => other.setOverdraft({ ownerId: 'ada', limit: 5 }),
    ]
    for (const attempt of attempts) {
      const error = await attempt().catch((reason) => reason)
      expect(error.code).toBe('DATABASE_UNAVAILABLE')
      expect(error.cause?.message).toMatch(refusal)
    }
    await expect(postBySql(role, { app: apps.other })).rejects.toThrow(refusal)
    await expect(
      role.query(`SELECT ledger.try_${apps.other}('ada', ARRAY['ada'], '{1}', '{}')`),
    ).rejects.toThrow(`permission denied for function try_${apps.other}`)
    expect(await other.balance('ada')).toMatchObject({ amount: 0 })
    expect((await other.entries({ ownerId: 'ada' })).edges).toEqual([])
    const { rows } = await sql.query(
      "SELECT balance FROM ledger.accounts WHERE book = $1 AND owner_id = 'ada'",
      [apps.other],
    )
    expect(rows).toEqual([{ balance: '9' }])
  })

  test.each([
    [
      'entries of an operation',
      `SELECT FROM ledger.entries WHERE app = '${apps.own}' AND book = '${apps.own}' AND owner_id = 'ada'
          AND operation = 'CREDIT_ADD' AND num_nonnulls(reverses, refunds, hold_id) = 0 ORDER BY seq LIMIT 5`,
      'num_nonnulls',
    ],
    [
      'accounts by prefix',
      `SELECT FROM ledger.accounts WHERE book = '${apps.own}' AND owner_id ^@ 'a' ORDER BY owner_id LIMIT 5`,
      "owner_id < 'b'",
    ],
  ])('finds %s by an index, although row-level security applies', async (_, query, condition) => {
    await role.query('SET enable_seqscan = off; SET enable_bitmapscan = off')
    const { rows } = await role.query(`EXPLAIN ${query}`)
    const searched = rows.map((row) => row['QUERY PLAN']).filter((line) => line.includes('Index Cond:'))
    expect(searched.join()).toContain(condition)
    await role.query('DISCARD ALL')
  })
})
