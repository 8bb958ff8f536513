import {
  closeDatabase,
  codeOf,
  hasCitus,
  hasRoles,
  joinNodes,
  MIGRATING,
  nodeAddressOf,
  takeLock,
  withConnection,
  wrongSettingsOf,
} from '@shared-ledger/postgres'
import type pg from 'pg'
import { withDatabase } from './database.ts'
import { UsageError } from './exit.ts'
import { tableOf } from './table.ts'
import { say } from './terminal.ts'

interface DistributeOptions {
  readonly worker?: readonly string[] | undefined
  readonly coordinator?: string | undefined
  readonly shards: string
}

const MAX_SHARDS = 1024

/** Adds nodes to a Citus cluster, distributes the ledger over its workers, and prints where the shards are. */
export async function distribute(root: string, { values }: { values: DistributeOptions }): Promise<number> {
  const shards = shardsOf(values.shards)
  const workers = (values.worker ?? []).map((worker) => nodeAddressOf(worker, '--worker'))
  const { coordinator } = values
  const given = coordinator === undefined ? {} : { coordinator: nodeAddressOf(coordinator, '--coordinator') }
  if (!process.env.DATABASE_URL) {
    throw new Error(
      'The embedded database is one PostgreSQL. To distribute a ledger, set DATABASE_URL to the coordinator of a Citus cluster.',
    )
  }
  return withDatabase(root, ({ directUrl: databaseUrl }, signal) =>
    withConnection(databaseUrl, async (connection) => {
      await takeLock(connection, MIGRATING, { log: say, signal })
      if (workers.length === 0) await assertCitus(connection)
      await assertLedger(connection)
      await joinNodes(connection, { databaseUrl, workers, log: say, ...given })
      await assertWorker(connection)
      // Postings lock tables in the order of a cluster, as the next statement does, once their functions know of it.
      await connection.query('SELECT ledger.make_functions(app) FROM ledger.apps')
      await connection.query('SELECT ledger.distribute($1)', [shards])
      await removeOldRows(connection)
      const open = (await hasRoles(connection)) ? await closeDatabase(connection) : []
      for (const line of [...open, ...(await wrongSettingsOf(connection))]) say(line)
      await sayShards(connection, shards)
      return 0
    }),
  )
}

/** @throws Error that says what a cluster needs */
async function assertCitus(connection: pg.Client): Promise<void> {
  if (await hasCitus(connection)) return
  throw new Error(
    'The database has no Citus. A ledger can be distributed where the packages of Citus are on each node: name the ' +
      'others with --worker HOST:PORT, and this command makes a cluster of them. One PostgreSQL needs none of it.',
  )
}

/** @throws Error that says what to do */
async function assertLedger(connection: pg.Client): Promise<void> {
  const { rows } = await connection.query<{ ledger: boolean }>(
    "SELECT to_regprocedure('ledger.remove_old_rows()') IS NOT NULL AS ledger",
  )
  if (rows[0]?.ledger) return
  throw new Error('The database has no ledger of this version. Run its migrations: npx shared-ledger migrate')
}

/** @throws Error that says what to do */
async function assertWorker(connection: pg.Client): Promise<void> {
  const { rowCount } = await connection.query('SELECT FROM pg_dist_node WHERE shouldhaveshards AND isactive')
  if (rowCount === 0)
    throw new Error(
      'The cluster has no worker yet. Name each: npx shared-ledger distribute --worker HOST:PORT',
    )
}

/** Frees the disk of the rows that were copied to the shards. */
async function removeOldRows(connection: pg.Client): Promise<void> {
  try {
    await connection.query("BEGIN; SET LOCAL lock_timeout = '2s'")
    const { rows } = await connection.query<{ size: string; bytes: boolean }>(
      'SELECT pg_size_pretty(size) AS size, size > 0 AS bytes FROM ledger.remove_old_rows() size',
    )
    await connection.query('COMMIT')
    if (rows[0]?.bytes)
      say(
        `The coordinator has removed the rows that it had copied to the shards: ${rows[0].size}, and their indexes.`,
      )
  } catch (error) {
    await connection.query('ROLLBACK')
    const advice = adviceFor(error)
    if (advice === undefined) throw error
    say(
      `The coordinator still has the rows that were copied to the workers, which cost nothing but disk. ${advice}`,
    )
  }
}

const INSUFFICIENT_PRIVILEGE = '42501'
const LOCK_NOT_AVAILABLE = '55P03'

function adviceFor(error: unknown): string | undefined {
  switch (codeOf(error)) {
    case INSUFFICIENT_PRIVILEGE:
      return 'Only a superuser, or who was granted it, may remove them: GRANT SET ON PARAMETER session_replication_role TO …'
    case LOCK_NOT_AVAILABLE:
      return 'They were in use. Run this command once more.'
    default:
      return undefined
  }
}

interface Shard {
  readonly shard: string
  readonly low: number
  readonly high: number
  readonly host: string
  readonly port: number
}

async function sayShards(connection: pg.Client, wanted: number): Promise<void> {
  const { rows } = await connection.query<Shard>('SELECT shard, low, high, host, port FROM ledger.shards()')
  if (rows.length !== wanted)
    say(`The ledger has ${rows.length} shards since it was distributed. Their number stays.`)
  const empty = await connection.query<{ node: string }>(
    `SELECT nodename || ':' || nodeport AS node FROM pg_dist_node n
      WHERE shouldhaveshards AND isactive AND NOT EXISTS (
        SELECT FROM pg_dist_placement p JOIN pg_dist_shard s USING (shardid)
         WHERE s.logicalrelid = 'ledger.accounts'::regclass AND p.groupid = n.groupid)`,
  )
  for (const { node } of empty.rows)
    say(
      `The worker ${node} has no shards. To give it some while postings go on: SELECT citus_rebalance_start();`,
    )
  for (const line of shardTable(rows)) say(line)
}

function shardTable(shards: readonly Shard[]): string[] {
  const rows = shards.map(({ shard, low, high, host, port }) => [
    shard,
    `${low}`,
    `${high}`,
    `${host}:${port}`,
  ])
  return tableOf(['SHARD', 'HASH FROM', 'TO', 'NODE'], rows)
}

/** @throws UsageError that says which numbers are allowed */
function shardsOf(given: string): number {
  const shards = Number(given)
  if (/^\d+$/.test(given) && shards >= 1 && shards <= MAX_SHARDS) return shards
  throw new UsageError(
    `--shards must be a whole number from 1 to ${MAX_SHARDS}, not ${JSON.stringify(given)}.`,
  )
}
