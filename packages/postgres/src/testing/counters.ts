import { setTimeout as sleep } from 'node:timers/promises'
import { inject } from 'vitest'
import { withConnection } from '../connection.ts'
import { withDatabase } from '../database-url.ts'

/**
 * Runs a function and returns the statements that a database executed meanwhile, as PostgreSQL counts them. Each text
 * occurs once per execution. BEGIN and SET are included, statements within functions are not.
 */
export async function statementsOf(database: string, run: () => Promise<unknown>): Promise<string[]> {
  return withConnection(inject('postgres').url, async (connection) => {
    const own = 'SELECT oid FROM pg_database WHERE datname = $1'
    await connection.query(`SELECT pg_stat_statements_reset(0, (${own}), 0)`, [database])
    await run()
    const { rows } = await connection.query<{ query: string; calls: string }>(
      `SELECT query, calls FROM pg_stat_statements WHERE dbid = (${own})`,
      [database],
    )
    return rows.flatMap(({ query, calls }) => Array<string>(Number(calls)).fill(query))
  })
}

/**
 * Returns how many deadlocks PostgreSQL has resolved in a database, on all nodes. It waits until all sessions of
 * clients have ended, because PostgreSQL reports their counts only then. Citus resolves a deadlock between nodes
 * itself, and counts none.
 */
export async function deadlocksOf(database: string, nodeUrls: readonly string[]): Promise<number> {
  let deadlocks = 0
  for (const url of nodeUrls) {
    deadlocks += await withConnection(withDatabase(url, 'postgres'), async (connection) => {
      // The nodes of a cluster keep sessions of their own.
      const sessions = `SELECT FROM pg_stat_activity
        WHERE datname = $1 AND backend_type = 'client backend' AND application_name !~ '^citus_internal'`
      while ((await connection.query(sessions, [database])).rows.length > 0) await sleep(20)
      const counted = 'SELECT deadlocks FROM pg_stat_database WHERE datname = $1'
      const { rows } = await connection.query<{ deadlocks: string }>(counted, [database])
      return Number(rows[0]?.deadlocks)
    })
  }
  return deadlocks
}
