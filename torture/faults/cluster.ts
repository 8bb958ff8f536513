import { messageOf, withConnection } from '@shared-ledger/postgres'
import type pg from 'pg'
import type { Postgres } from '../servers/postgres.ts'
import { signal } from '../servers/processes.ts'
import { owners } from '../stories.ts'
import { increment } from '../tally.ts'
import type { Begin } from './stage.ts'

/** Kills a worker. What the clients of all owners are told meanwhile is counted. */
export const killWorker: Begin = async ({ database: { first, workers }, absences }, random) => {
  const worker = random.pick(workers)
  const living = await ownersBeside(first, worker)
  signal(worker.pid(), 'SIGKILL')
  const endAbsence = absences.begin(living)
  return {
    async end() {
      endAbsence()
      await worker.bringUp()
    },
  }
}

const beside = `SELECT o.owner_id
  FROM unnest($1::text[]) o (owner_id)
  JOIN pg_dist_placement p ON p.shardid = get_shard_id_for_distribution_column('ledger.accounts', o.owner_id)
  JOIN pg_dist_node n USING (groupid)
 WHERE n.nodeport <> $2`

/** Returns the owners whose accounts are on other workers. */
async function ownersBeside(coordinator: Postgres, worker: Postgres): Promise<ReadonlySet<string>> {
  const port = Number(new URL(worker.url).port)
  return withConnection(coordinator.url, async (sql) => {
    const { rows } = await sql.query<{ owner_id: string }>(beside, [owners, port])
    return new Set(rows.map(({ owner_id }) => owner_id))
  })
}

interface Move {
  readonly shard: string
  readonly from: readonly [host: string, port: number]
  readonly to: readonly [host: string, port: number]
}

/** Moves a shard of all tables to another worker, while it is read and written. */
export const moveShard: Begin = async ({ database: { first }, moves }, random) => {
  const moving = withConnection(first.url, async (sql) => {
    const { shard, from, to } = random.pick(await possibleMoves(sql))
    await sql.query("SELECT citus_move_shard_placement($1, $2, $3, $4, $5, 'force_logical')", [
      shard,
      ...from,
      ...to,
    ])
  })
  const ended = moving.then(
    () => {
      moves.done += 1
    },
    (error) => increment(moves.failed, messageOf(error)),
  )
  return { end: () => ended }
}

async function possibleMoves(sql: pg.ClientBase): Promise<readonly Move[]> {
  const shards = await sql.query<Shard>('SELECT shard, host, port FROM ledger.shards()')
  const nodes = await sql.query<{ host: string; port: number }>(
    'SELECT nodename AS host, nodeport AS port FROM pg_dist_node WHERE shouldhaveshards ORDER BY nodeid',
  )
  return shards.rows.flatMap(({ shard, host, port }) =>
    nodes.rows
      .filter((node) => node.host !== host || node.port !== port)
      .map((node): Move => ({ shard, from: [host, port], to: [node.host, node.port] })),
  )
}

interface Shard {
  readonly shard: string
  readonly host: string
  readonly port: number
}
