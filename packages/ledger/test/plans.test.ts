import pg from 'pg'
import { afterAll, expect, test } from 'vitest'
import { createLedger } from '../src/index.ts'
import { games, openGames } from './open-ledger.ts'

const { database, sql } = await openGames()
// One connection, whose plans are kept.
const pool = new pg.Pool({ connectionString: database.url, max: 1 })
const ledger = createLedger({ app: 'games', operations: games, pool })
afterAll(async () => {
  await ledger.close()
  await pool.end()
})

/**
 * Returns how many rows, index entries and blocks of indexes were read so far. The blocks tell of index entries that
 * PostgreSQL has passed over.
 */
async function rowsRead(): Promise<number> {
  await pool.query('SELECT pg_stat_force_next_flush()')
  const { rows } = await sql.query(
    `SELECT (SELECT sum(seq_tup_read) FROM pg_stat_user_tables WHERE schemaname = 'ledger')
          + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE schemaname = 'ledger')
          + (SELECT sum(idx_blks_read + idx_blks_hit) FROM pg_statio_user_indexes WHERE schemaname = 'ledger') AS count`,
  )
  return Number(rows[0].count)
}

/** Uses every way to write, and reads. */
async function useAll(round: number): Promise<void> {
  const ownerId = `owner ${round}`
  const spend = { ownerId, operation: 'CREDIT_SPEND', amount: 2 } as const
  const posted = await ledger.postEntry({ ...spend, operation: 'CREDIT_ADD', amount: 50, nonce: '1' })
  const ticket = await ledger.postEntry({ ownerId, operation: 'GAME_TICKET', amount: 5, nonce: '2' })
  const first = await ledger.holdCredits({ ...spend, nonce: '3', expiresIn: 60 })
  const second = await ledger.holdCredits({ ...spend, nonce: '4', expiresIn: 60 })
  const transfer = await ledger.transfer({ from: ownerId, to: `other ${round}`, amount: 1, nonce: '5' })
  if (!posted.ok || !ticket.ok || !first.ok || !second.ok || !transfer.ok) throw new Error('not posted')
  const results = [
    await ledger.postEntry({ ...spend, operation: 'CREDIT_ADD', amount: 50, nonce: '1' }),
    await ledger.captureHold({ id: first.hold.id, nonce: '6' }),
    await ledger.releaseHold(second.hold.id),
    await ledger.refundEntry({ id: ticket.entry.id, amount: 1, nonce: '7' }),
    await ledger.reverseTransaction({ id: transfer.transaction.id, nonce: '8' }),
    await ledger.setOverdraft({ ownerId, limit: 5 }),
    ...(await ledger.postEntries(
      ['9', '10', '11'].map((nonce) => ({ ...spend, ownerId: `${ownerId}`, nonce })),
    )),
  ]
  expect(results.map(({ ok }) => ok)).toEqual([false, ...Array(8).fill(true)])
  // PostgreSQL keeps a plan after it has made a few.
  for (let n = 0; n < 10; n += 1) {
    await ledger.balance(ownerId)
    await ledger.balanceAt(ownerId, new Date())
    await ledger.entries({
      ownerId,
      operations: ['GAME_TICKET'],
      metadata: { key: 'a', value: 'b' },
      from: new Date(0),
    })
    await Promise.all([ledger.entries({ ownerId }), ledger.entries({ ownerId: `other ${round}` })])
    await ledger.holds(ownerId)
    await ledger.hold(first.hold.id)
    await ledger.entry(ticket.entry.id)
    await ledger.transaction(transfer.transaction.id)
    await ledger.entryByNonce(ownerId, '1')
  }
}

test('plans that were made for empty tables read few rows once the tables are large', async () => {
  const tables = ['accounts', 'holds', 'entries_games']
  for (const table of tables) await sql.query(`ALTER TABLE ledger.${table} SET (autovacuum_enabled = off)`)
  await useAll(1)
  await useAll(2)
  await sql.query(
    `INSERT INTO ledger.accounts (book, owner_id, head, created_on, updated_on)
     SELECT 'games', 'past ' || i, ledger.chain_start('games', 'past ' || i), now(), now() FROM generate_series(1, 20000) i`,
  )
  await sql.query(
    `INSERT INTO ledger.entries (app, book, owner_id, seq, operation, amount, balance_after, nonce, transaction_id, hash, created_on)
     SELECT 'games', 'games', 'past ' || i, 1, 'CREDIT_ADD', 0, 0, 'n', gen_random_uuid(), sha256('a test''s'), now() FROM generate_series(1, 20000) i`,
  )
  await sql.query(
    `INSERT INTO ledger.holds (app, book, owner_id, operation, amount, nonce, created_on, expires_on, released_on)
     SELECT 'games', 'games', 'past ' || i, 'CREDIT_SPEND', 1, 'h', now(), now() + interval '1 hour', now() FROM generate_series(1, 20000) i`,
  )
  const before = await rowsRead()
  await useAll(3)
  await useAll(4)
  expect((await rowsRead()) - before).toBeLessThan(4000)
  // Plans that are made for large tables read few rows too.
  await sql.query(`ANALYZE ${tables.map((table) => `ledger.${table}`).join()}`)
  const analyzed = await rowsRead()
  await useAll(5)
  expect((await rowsRead()) - analyzed).toBeLessThan(4000)
})

/** Returns how many rows and index entries `run` reads. */
async function readBy(run: () => Promise<unknown>): Promise<number> {
  const before = await rowsRead()
  await run()
  return (await rowsRead()) - before
}

/** Writes the entries of one owner with a long history, past every check. */
async function fill(ownerId: string, operations: readonly string[], count: number, refunds: number | null) {
  await sql.query(
    `INSERT INTO ledger.entries (app, book, owner_id, seq, operation, amount, balance_after, nonce, transaction_id, hash, created_on, refunds)
     SELECT 'games', 'games', $1, i, ($2::text[])[1 + i % cardinality($2)], 0, 0, 'n ' || i, gen_random_uuid(), sha256('a test''s'), now(), $4
       FROM generate_series(1, $3::integer) i`,
    [ownerId, operations, count, refunds],
  )
  await sql.query(
    `INSERT INTO ledger.accounts (book, owner_id, balance, seq, head, created_on, updated_on)
     VALUES ('games', $1, 100, $2, sha256('a test''s'), now(), now())`,
    [ownerId, count],
  )
  await sql.query('ANALYZE ledger.accounts, ledger.entries_games')
}

test('a limit reads only what counts, however many corrections there are', async () => {
  await fill('refunded', ['GAME_TICKET'], 5000, 1)
  const ticket = { ownerId: 'refunded', operation: 'GAME_TICKET', amount: 1 } as const
  const read = await readBy(async () => {
    expect(await ledger.postEntry({ ...ticket, nonce: '1' })).toMatchObject({ ok: true })
    expect(await ledger.postEntry({ ...ticket, nonce: '2' })).toMatchObject({ ok: true })
    expect(await ledger.postEntry({ ...ticket, nonce: '3' })).toMatchObject({
      error: { code: 'LIMIT_REACHED' },
    })
  })
  expect(read).toBeLessThan(500)
})

test('a page with a metadata filter looks at 10,000 entries at most, however many operations it selects', async () => {
  const operations = ['GAME_VISIT', 'GAME_ONCE', 'GAME_TICKET', 'CREDIT_ADD'] as const
  await fill('long', operations, 40_000, null)
  for (const order of ['NEWEST_FIRST', 'OLDEST_FIRST'] as const) {
    const stops: number[] = []
    let after: string | null = null
    do {
      const page = await ledger.entries({
        ownerId: 'long',
        operations,
        metadata: { key: 'a', value: 'b' },
        order,
        after,
      })
      expect(page.edges).toEqual([])
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null
      if (after) stops.push(Number(Buffer.from(after, 'base64url').toString().replace('seq:', '')))
    } while (after)
    const steps = stops.map((stop, index) =>
      Math.abs(stop - (stops[index - 1] ?? (order === 'NEWEST_FIRST' ? 40_001 : 0))),
    )
    expect(Math.max(...steps)).toBeLessThanOrEqual(10_000)
    expect(steps.length).toBeLessThan(12)
  }
  const page = await ledger.entries({ ownerId: 'long', operations: operations.slice(0, 2), first: 3 })
  expect(page.edges.map(({ node }) => node.seq)).toEqual([40_000, 39_997, 39_996])
})
