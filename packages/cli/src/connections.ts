import { connectionsPerProcess } from '@shared-ledger/ledger/connections'
import { withConnection } from '@shared-ledger/postgres'

/** Refuses more processes than PostgreSQL has connections for. @throws Error that says how many there are. */
export async function assertConnections(databaseUrl: string, processes: number): Promise<void> {
  const needed = processes * connectionsPerProcess
  const allowed = await withConnection(databaseUrl, async (connection) => {
    const { rows } = await connection.query<{ allowed: number }>(`
      SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
           - coalesce(current_setting('reserved_connections', true)::int, 0) AS allowed -- since PostgreSQL 16`)
    return rows[0]?.allowed ?? 0
  })
  if (needed <= allowed) return
  throw new Error(
    `${processes} processes open up to ${needed} connections, and PostgreSQL allows ${allowed}. ` +
      'Start fewer workers, or raise max_connections of PostgreSQL.',
  )
}
