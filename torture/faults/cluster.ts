import { messageOf, withConnection } from '@shared-ledger/postgres'
import type { Postgres } from '../servers/postgres.ts'
import { signal } from '../servers/processes.ts'
import { owners } from '../stories.ts'
import { increment } from '../tally.ts'
import { move, possibleMoves } from './moves.ts'
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

/** Moves a shard of all tables to another worker, while it is read and written. */
export const moveShard: Begin = async ({ database: { first }, moves }, random) => {
  const moving = withConnection(first.url, async (sql) => move(sql, random.pick(await possibleMoves(sql))))
  const ended = moving.then(
    () => {
      moves.done += 1
    },
    (error) => increment(moves.failed, messageOf(error)),
  )
  return { end: () => ended }
}
