// npx shared-ledger distribute on a cluster: a ledger with data, posting before and after, and what comes later.
import { createLedger, createPool, defineOperations, sharedOperations } from '@shared-ledger/ledger'
import { findRoot, migrate, withConnection } from '@shared-ledger/postgres'
import { createEmptyDatabase } from '@shared-ledger/postgres/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { outcomeOf } from '../../packages/cli/test/support/command.ts'
import { brokenBooks } from '../../packages/ledger/test/open-ledger.ts'

const root = findRoot(import.meta.dirname)
const owners = Array.from({ length: 40 }, (_, at) => `owner ${at}`)
const operations = defineOperations({
  ...sharedOperations,
  CONTENT_CREATION: { amount: -5 },
  CONTENT_ACCESS: { amount: 0 },
})

const database = await createEmptyDatabase()
const pool = createPool(database.url)
const ledger = createLedger({ app: 'content', operations, pool })
beforeAll(() => migrate({ databaseUrl: database.url, root, log: () => {} }))
afterAll(async () => {
  await ledger.close()
  await pool.end()
  await database.drop()
})

const distribute = () =>
  outcomeOf('distribute', root, ['--shards', '8'], { env: { DATABASE_URL: database.url } })

const sql = <Row>(text: string): Promise<Row[]> =>
  withConnection(database.url, async (connection) => (await connection.query(text)).rows)

/** Adds a credit to each owner, one by one and in lists over all shards. */
async function addToAll(round: string): Promise<void> {
  const inputs = owners.map(
    (ownerId) => ({ ownerId, operation: 'CREDIT_ADD', amount: 1, nonce: round }) as const,
  )
  const outcomes = [
    ...(await Promise.all(inputs.slice(20).map((input) => ledger.postEntry(input)))),
    ...(await ledger.postEntries(inputs.slice(0, 20))),
  ]
  expect(outcomes.filter(({ ok }) => !ok)).toEqual([])
}

async function expectBalances(amount: number): Promise<void> {
  const balances = await Promise.all(owners.map((ownerId) => ledger.balance(ownerId)))
  expect(balances.map((balance) => balance.amount)).toEqual(owners.map(() => amount))
  expect(await withConnection(database.url, brokenBooks)).toEqual([])
}

test('a ledger with data is distributed, and postings go on', async () => {
  await addToAll('before')
  const { code, output } = await distribute()
  expect([code, output.match(/^\d+ /gm)?.length]).toEqual([0, 8])
  expect(await sql('SELECT DISTINCT host, port FROM ledger.shards()')).not.toHaveLength(1)
  await expectBalances(1)
  await addToAll('after')
  await expectBalances(2)
})

test('a call over several shards that came while the ledger was distributed is posted after it', async () => {
  const fresh = await createEmptyDatabase()
  await migrate({ databaseUrl: fresh.url, root, log: () => {} })
  const freshPool = createPool(fresh.url)
  // The distribution may take longer than a call usually waits.
  Object.assign(freshPool.options, {
    lock_timeout: 120_000,
    statement_timeout: 120_000,
    query_timeout: 120_000,
  })
  const waiting = createLedger({ app: 'content', operations, pool: freshPool })
  const queued = async () =>
    withConnection(fresh.url, async (connection) => {
      const locks = `SELECT FROM pg_locks WHERE relation = 'ledger.accounts'::regclass AND NOT granted`
      return (await connection.query(locks)).rowCount
    })
  try {
    await withConnection(fresh.url, async (blocker) => {
      await blocker.query('BEGIN')
      await blocker.query('LOCK TABLE ledger.accounts IN ROW EXCLUSIVE MODE')
      const distributed = withConnection(fresh.url, (connection) =>
        connection.query('SELECT ledger.distribute(8)'),
      )
      await expect.poll(queued, { timeout: 60_000 }).toBe(1)
      const posted = waiting.postEntries(
        owners.map((ownerId) => ({ ownerId, operation: 'CREDIT_ADD', amount: 1, nonce: '1' })),
      )
      await expect.poll(queued, { timeout: 60_000 }).toBe(2)
      await blocker.query('COMMIT')
      await distributed
      expect((await posted).filter(({ ok }) => !ok)).toEqual([])
    })
    expect(await withConnection(fresh.url, brokenBooks)).toEqual([])
  } finally {
    await waiting.close()
    await freshPool.end()
    await fresh.drop()
  }
})

test('another call changes nothing', async () => {
  const shards = 'SELECT * FROM ledger.shards()'
  const before = await sql(shards)
  const { code } = await distribute()
  expect(code).toBe(0)
  expect(await sql(shards)).toEqual(before)
  await addToAll('again')
  await expectBalances(3)
})

test('an app that comes later, and one that declares more, are distributed without a call', async () => {
  await sql(`SELECT ledger.set_operations('later', ledger.shared_operations() || '{LATER}'::text[])`)
  await sql(`SELECT ledger.set_operations('later', ledger.shared_operations() || '{LATER,MORE}'::text[])`)
  const later = createLedger({
    app: 'later',
    operations: defineOperations({ ...sharedOperations, LATER: { amount: 1 }, MORE: { amount: 2 } }),
    pool,
  })
  const outcome = await later.postEntry({ ownerId: 'ada', operation: 'MORE', nonce: '1' })
  await later.close()
  expect(outcome).toMatchObject({ ok: true, balance: { amount: 2 } })
  const local = `SELECT c.relname FROM pg_class c LEFT JOIN pg_dist_partition d ON d.logicalrelid = c.oid
    WHERE c.relnamespace = 'ledger'::regnamespace AND c.relkind IN ('r', 'p') AND d.logicalrelid IS NULL`
  expect(await sql(local)).toEqual([{ relname: '_prisma_migrations' }])
})
