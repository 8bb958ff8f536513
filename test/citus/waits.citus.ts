// How long a call waits for a lock on another node, and what is left of it when its client has given up.
import { createLedger, createPool, type Ledger } from '@shared-ledger/ledger'
import { createTestDatabase } from '@shared-ledger/postgres/testing'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createLedgerClient } from '../../packages/ledger/src/database/database.ts'
import { operations } from '../../packages/ledger/test/open-ledger.ts'

const database = await createTestDatabase()
const locker = new pg.Client(database.url)
const onlooker = new pg.Client(database.url)
beforeAll(async () => {
  await locker.connect()
  await onlooker.connect()
})
afterAll(async () => {
  await locker.end()
  await onlooker.end()
  await database.drop()
})

/** Enough owners for all nodes. */
const owners = Array.from({ length: 6 }, (_, n) => `owner ${n}`)
const add = (ownerId: string, nonce: string) =>
  ({ ownerId, operation: 'CREDIT_ADD', amount: 1, nonce }) as const

/** Opens a ledger whose sessions have these settings. */
async function withLedger(
  settings: Partial<Pick<pg.PoolConfig, 'lock_timeout' | 'statement_timeout'>>,
  use: (opened: { ledger: Ledger<typeof operations>; pool: pg.Pool }) => Promise<void>,
): Promise<void> {
  const pool = createPool(database.url)
  Object.assign(pool.options, settings)
  const ledger = createLedger({ app: 'content', operations, pool })
  try {
    await use({ ledger, pool })
  } finally {
    await ledger.close()
    await pool.end()
  }
}

/** Locks the accounts of all owners. */
async function lockAll(): Promise<void> {
  await locker.query('BEGIN')
  for (const ownerId of owners) {
    await locker.query(`SELECT FROM ledger.accounts WHERE book = 'content' AND owner_id = $1 FOR UPDATE`, [
      ownerId,
    ])
  }
}

/** Returns how many sessions wait for a lock, on all nodes. */
async function waiting(): Promise<number> {
  const rows = await database.onEachNode<{ count: number }>(
    `SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  )
  return rows.reduce((sum, { count }) => sum + count, 0)
}

test('the owners are on several nodes', async () => {
  await withLedger({}, async ({ ledger }) => {
    for (const ownerId of owners)
      expect(await ledger.postEntry(add(ownerId, 'start'))).toMatchObject({ ok: true })
  })
  const { rows } = await locker.query(
    `SELECT DISTINCT s.host, s.port FROM ledger.shards() s, unnest($1::text[]) o WHERE hashtext(o) BETWEEN s.low AND s.high`,
    [owners],
  )
  expect(rows.length).toBeGreaterThan(1)
})

describe('while all accounts are locked', () => {
  beforeAll(lockAll)
  afterEach(() => expect.poll(waiting).toBe(0))
  afterAll(() => locker.query('ROLLBACK'))

  const calls = {
    'a list of one owner': (ledger, ownerId) => ledger.postEntries([add(ownerId, '1'), add(ownerId, '2')]),
    'a list of all owners': (ledger) => ledger.postEntries(owners.map((ownerId) => add(ownerId, '1'))),
    'a dry run': (ledger, ownerId) => ledger.postEntry({ ...add(ownerId, '1'), dryRun: true }),
    'a posting': (ledger, ownerId) => ledger.postEntry(add(ownerId, '1')),
  } satisfies Record<string, (ledger: Ledger<typeof operations>, ownerId: string) => Promise<unknown>>

  test.each(Object.entries(calls))('%s waits as long as lock_timeout says', async (_, call) => {
    await withLedger({ lock_timeout: 300 }, async ({ ledger }) => {
      for (const ownerId of owners) {
        await expect(call(ledger, ownerId)).rejects.toMatchObject({ code: 'ACCOUNT_BUSY' })
      }
    })
  })

  test("a posting in an app's own transaction waits as long as its session's lock_timeout says", async () => {
    await withLedger({ lock_timeout: 300 }, async ({ ledger, pool }) => {
      const prisma = createLedgerClient(pool)
      for (const ownerId of owners) {
        const posting = prisma.$transaction((tx) => ledger.postEntry(add(ownerId, 'tx'), { tx }))
        await expect(posting).rejects.toMatchObject({ code: 'ACCOUNT_BUSY' })
      }
      await prisma.$disconnect()
    })
  })

  test('a call that statement_timeout ends is ended on its node', async () => {
    await withLedger({ statement_timeout: 300 }, async ({ ledger }) => {
      for (const ownerId of owners) {
        const posting = ledger.postEntries([add(ownerId, '1'), add(ownerId, '2')])
        await expect(posting).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' })
      }
    })
  })

  test.each(owners)('a call whose session ends is ended on its node: %s', async (ownerId) => {
    const client = new pg.Client(database.url)
    await client.connect()
    client.on('error', () => {})
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
    const call = client
      .query(
        `SELECT ledger.append_content($1, gen_random_uuid(), 'end', NULL, 'CREDIT_ADD', 1, NULL, false, 120000)`,
        [ownerId],
      )
      .catch((error) => error)
    await expect.poll(waiting).toBe(1)
    await onlooker.query('SELECT pg_terminate_backend($1::int)', [rows[0]?.pid])
    expect(await call).toBeInstanceOf(Error)
    await client.end().catch(() => {})
  })
})
