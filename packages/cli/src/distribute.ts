import { MIGRATING, takeLock, withConnection } from '@shared-ledger/postgres'
import type pg from 'pg'
import { withDatabase } from './database.ts'
import { tableOf } from './table.ts'
import { say } from './terminal.ts'

interface DistributeOptions {
  readonly shards: string
}

const MAX_SHARDS = 1024

/** Distributes the ledger over the nodes of a Citus cluster, and prints where the shards are. */
export async function distribute(root: string, { values }: { values: DistributeOptions }): Promise<number> {
  const shards = shardsOf(values.shards)
  if (!process.env.DATABASE_URL) {
    throw new Error(
      'The embedded database is one PostgreSQL. To distribute a ledger, set DATABASE_URL to the coordinator of a Citus cluster.',
    )
  }
  return withDatabase(root, ({ directUrl }, signal) =>
    withConnection(directUrl, async (connection) => {
      await takeLock(connection, MIGRATING, { log: say, signal })
      await assertCluster(connection)
      await connection.query('SELECT ledger.distribute($1)', [shards])
      const { rows } = await connection.query<Shard>(
        'SELECT shard, low, high, host, port FROM ledger.shards()',
      )
      if (rows.length !== shards)
        say(`The ledger has ${rows.length} shards since it was distributed. Their number stays.`)
      for (const line of shardTable(rows)) say(line)
      return 0
    }),
  )
}

interface Shard {
  readonly shard: string
  readonly low: number
  readonly high: number
  readonly host: string
  readonly port: number
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

/** @throws Error that says what is missing */
async function assertCluster(connection: pg.Client): Promise<void> {
  const { rows } = await connection.query<{ citus: boolean; ledger: boolean }>(
    `SELECT to_regclass('pg_catalog.pg_dist_node') IS NOT NULL AS citus,
            to_regprocedure('ledger.distribute(integer)') IS NOT NULL AS ledger`,
  )
  if (!rows[0]?.citus) {
    throw new Error(
      'The database has no Citus. A ledger can be distributed where each node has the extension, and the coordinator ' +
        'knows the others: CREATE EXTENSION citus, then SELECT citus_add_node(…). One PostgreSQL needs none of it.',
    )
  }
  if (!rows[0].ledger) {
    throw new Error(
      'The database has no ledger of this version. Run its migrations: npx shared-ledger migrate',
    )
  }
  const local = await connection.query('SELECT groupid = 0 AS coordinator FROM pg_dist_local_group')
  if (!local.rows[0]?.coordinator) {
    throw new Error('The database is that of a worker. Set DATABASE_URL to the coordinator.')
  }
  const nodes = await connection.query('SELECT FROM pg_dist_node WHERE shouldhaveshards AND isactive')
  if (nodes.rowCount === 0) {
    throw new Error(
      'The cluster has no worker yet. Add each: SELECT citus_add_node(host, port), on the coordinator.',
    )
  }
}

/** @throws Error that says which numbers are allowed */
function shardsOf(given: string): number {
  const shards = Number(given)
  if (/^\d+$/.test(given) && shards >= 1 && shards <= MAX_SHARDS) return shards
  throw new Error(`--shards must be a whole number from 1 to ${MAX_SHARDS}, not ${JSON.stringify(given)}.`)
}
