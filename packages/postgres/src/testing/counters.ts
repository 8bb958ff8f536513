import { setTimeout as sleep } from 'node:timers/promises'
import { inject } from 'vitest'
import { withConnection } from '../connection.ts'

/**
 * Runs something, and answers the statements that a database carried out meanwhile, by PostgreSQL's own count: each text
 * as often as it was carried out, BEGIN and SET as well; not those within functions.
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

/** How many deadlocks PostgreSQL has broken in a database. Waits for the end of its sessions: what they count is told then. */
export async function deadlocksOf(database: string): Promise<number> {
  return withConnection(inject('postgres').url, async (connection) => {
    const sessions = `SELECT FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend'`
    while ((await connection.query(sessions, [database])).rows.length > 0) await sleep(20)
    const { rows } = await connection.query('SELECT deadlocks FROM pg_stat_database WHERE datname = $1', [
      database,
    ])
    return Number(rows[0].deadlocks)
  })
}
