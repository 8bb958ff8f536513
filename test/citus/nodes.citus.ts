// npx shared-ledger distribute --worker on nodes that do not know each other yet: a ledger with data and roles, from
// one PostgreSQL.
import { createLedger, createPool, defineOperations, sharedOperations } from '@shared-ledger/ledger'
import { findRoot, migrate, withConnection, withLogin } from '@shared-ledger/postgres'
import { afterAll, expect, inject, test } from 'vitest'
import { outcomeOf } from '../../packages/cli/test/support/command.ts'
import { withDatabase, withServer } from '../../packages/postgres/src/database-url.ts'
import { createDatabase, dropDatabase } from '../../packages/postgres/src/databases.ts'
import { nodesOf } from '../../packages/postgres/src/testing/given-cluster.ts'

const root = findRoot(import.meta.dirname)
const { url: server } = inject('postgres')
const nodes = await nodesOf(server)
const [coordinator, ...workers] = nodes.map(({ nodename, nodeport }) => ({ host: nodename, port: nodeport }))
const [first, second] = workers
if (!coordinator || !first || !second) throw new Error('These tests need two workers.')

const addressOf = ({ host, port }: { host: string; port: number }) => `${host}:${port}`
const places = nodes.map(({ groupid, nodename, nodeport }) =>
  groupid === 0 ? server : withServer(server, { host: nodename, port: nodeport }),
)
const [, onFirst = '', onSecond = ''] = places

const made: string[] = []
/** Makes a database on the coordinator alone. */
async function newDatabase(): Promise<{ name: string; url: string }> {
  const name = `test_${crypto.randomUUID().replaceAll('-', '')}`
  made.push(name)
  await createDatabase(withDatabase(server, 'postgres'), name)
  return { name, url: withDatabase(server, name) }
}
afterAll(async () => {
  for (const name of made)
    for (const place of places) await dropDatabase(withDatabase(place, 'postgres'), name)
})

const distribute = (url: string, added: readonly string[]) => {
  const args = [
    '--shards',
    '8',
    '--coordinator',
    addressOf(coordinator),
    ...added.flatMap((worker) => ['--worker', worker]),
  ]
  return outcomeOf('distribute', root, args, { env: { DATABASE_URL: url } })
}

const sql = <Row>(url: string, text: string): Promise<Row[]> =>
  withConnection(url, async (connection) => (await connection.query(text)).rows)

const operations = defineOperations({ ...sharedOperations, CONTENT_CREATION: { amount: -5 } })
const owners = Array.from({ length: 40 }, (_, at) => `owner ${at}`)

/** Adds a credit to each owner, in one transaction over all shards and one by one, and holds one. */
async function post(url: string, nonce: string) {
  const pool = createPool(url)
  const ledger = createLedger({ app: 'content', operations, pool })
  try {
    const inputs = owners.map((ownerId) => ({ ownerId, operation: 'CREDIT_ADD', amount: 1, nonce }) as const)
    const outcomes = [
      ...(await ledger.postEntries(inputs)),
      await ledger.holdCredits({
        ownerId: 'owner 1',
        operation: 'CREDIT_SPEND',
        amount: 1,
        nonce: `${nonce}-hold`,
        expiresIn: 60,
      }),
    ]
    expect(outcomes.filter(({ ok }) => !ok)).toEqual([])
    return (await ledger.balance('owner 1')).amount
  } finally {
    await ledger.close()
    await pool.end()
  }
}

test('one PostgreSQL with a ledger becomes the coordinator of a cluster, and its roles post on every node', async () => {
  const { name, url } = await newDatabase()
  await migrate({ databaseUrl: url, root, log: () => {} })
  const given = { env: { DATABASE_URL: url }, input: 'of-this-test' }
  expect(await outcomeOf('provision', root, ['content', '--password-file', '-'], given)).toMatchObject({
    code: 0,
  })
  const login = { user: 'ledger_content', password: 'of-this-test' }
  expect(await post(withLogin(url, login), 'one')).toBe(1)
  const [before] = await sql(url, 'SELECT ledger.tally()')

  const { code, output } = await distribute(url, [addressOf(first), addressOf(second)])
  expect(output).toContain(
    `Adding the worker ${addressOf(first)} …\nAdding the worker ${addressOf(second)} …`,
  )
  expect(output).toMatch(/The coordinator has removed the rows that it had copied to the shards: \d+/)
  expect([code, output.match(/^\d+ /gm)?.length]).toEqual([0, 8])
  expect(await sql(url, 'SELECT ledger.tally()')).toEqual([before])
  const local = "SELECT sum(pg_relation_size(relid))::int AS bytes FROM pg_partition_tree('ledger.entries')"
  expect(await sql(url, local)).toEqual([{ bytes: 0 }])

  for (const [at, place] of places.entries())
    expect(await post(withLogin(withDatabase(place, name), login), `node ${at}`)).toBe(2 + at)

  const again = await distribute(url, [addressOf(second), addressOf(first)])
  expect(again.output).toMatch(/^SHARD/)
  expect(again.code).toBe(0)
})

test('a worker that comes later has no shards until they move', async () => {
  const { url } = await newDatabase()
  await migrate({ databaseUrl: url, root, log: () => {} })
  expect(await distribute(url, [addressOf(first)])).toMatchObject({ code: 0 })
  await post(url, 'one')
  const { code, output } = await distribute(url, [addressOf(second)])
  expect(output).toContain(`The worker ${addressOf(second)} has no shards.`)
  expect(code).toBe(0)
  await sql(url, 'SELECT citus_rebalance_start()')
  await sql(url, 'SELECT citus_rebalance_wait()')
  expect(await sql(url, 'SELECT port, count(*)::int FROM ledger.shards() GROUP BY 1 ORDER BY 1')).toEqual(
    [first.port, second.port].sort((a, b) => a - b).map((port) => ({ port, count: 4 })),
  )
  expect((await distribute(url, [])).output).toMatch(/^SHARD/)
  expect(await post(url, 'two')).toBe(2)
})

test.each<[string, string, (name: string) => Promise<unknown>, RegExp]>([
  ['that is not reached', '127.0.0.1:1', async () => {}, /does not reach the node 127\.0\.0\.1:1 .*refused/],
  [
    'that is the coordinator of another cluster',
    addressOf(first),
    async (name) => {
      await createDatabase(withDatabase(onFirst, 'postgres'), name)
      const other = withDatabase(onFirst, name)
      await sql(other, 'CREATE EXTENSION citus')
      await sql(other, `SELECT citus_set_coordinator_host('${first.host}', ${first.port})`)
    },
    /is the coordinator of another cluster/,
  ],
  [
    'that is a worker of another cluster',
    addressOf(second),
    async (name) => {
      for (const place of [onFirst, onSecond]) {
        await createDatabase(withDatabase(place, 'postgres'), name)
        await sql(withDatabase(place, name), 'CREATE EXTENSION citus')
      }
      const other = withDatabase(onFirst, name)
      await sql(other, `SELECT citus_set_coordinator_host('${first.host}', ${first.port})`)
      await sql(other, `SELECT citus_add_node('${second.host}', ${second.port})`)
    },
    /is a worker of another cluster/,
  ],
  [
    'that has a ledger of its own',
    addressOf(first),
    (name) => migrate({ databaseUrl: withDatabase(onFirst, name), root, log: () => {} }),
    /cannot be a worker: its database has a ledger of its own/,
  ],
  [
    'that has another version of Citus',
    addressOf(first),
    async (name) => {
      await createDatabase(withDatabase(onFirst, 'postgres'), name)
      const other = withDatabase(onFirst, name)
      await sql(other, 'CREATE EXTENSION citus')
      await sql(other, "UPDATE pg_extension SET extversion = '12.1-1' WHERE extname = 'citus'")
    },
    /its database has Citus 12\.1-1, and the coordinator's \d+\.\d+-\d+/,
  ],
  [
    'whose database has another encoding',
    addressOf(first),
    (name) =>
      sql(
        withDatabase(onFirst, 'postgres'),
        `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'`,
      ),
    /the encoding of its database is LATIN1, and the coordinator's UTF8/,
  ],
])('a node %s is refused with what to do', async (_, worker, prepare, message) => {
  const { name, url } = await newDatabase()
  await migrate({ databaseUrl: url, root, log: () => {} })
  await prepare(name)
  const { code, output } = await distribute(url, [worker])
  expect(output).toMatch(message)
  expect(output).not.toMatch(/\n\s+at /)
  expect(code).toBe(1)
  expect(await post(url, 'after')).toBe(1)
})

test('a database on a worker is told to be one', async () => {
  const { name, url } = await newDatabase()
  await migrate({ databaseUrl: url, root, log: () => {} })
  expect(await distribute(url, [addressOf(first)])).toMatchObject({ code: 0 })
  const { output } = await outcomeOf('distribute', root, [], {
    env: { DATABASE_URL: withDatabase(onFirst, name) },
  })
  expect(output).toBe('The database is that of a worker. Set DATABASE_URL to the coordinator.')
})
