import { connectionsPerProcess } from '@shared-ledger/ledger/connections'
import { withConnection } from '@shared-ledger/postgres'
import type { AppLogin } from './app-logins.ts'

interface Allowed {
  /** By `max_connections`, without the reserved ones. */
  server: number
  /** By the login's own limit. -1 when it has none. */
  role: number
}

/**
 * Refuses more processes than PostgreSQL has connections for. A pooler shares its connections among any number.
 *
 * @throws Error that says how many connections there are
 */
export async function assertConnections(logins: readonly AppLogin[], workers: number): Promise<void> {
  const unpooled = logins.filter(({ directUrl }) => directUrl === undefined)
  const allowed = await Promise.all(unpooled.map(({ url }) => allowedFor(url)))
  const [first] = allowed
  if (first === undefined) return
  const processes = unpooled.length * workers
  const needed = processes * connectionsPerProcess
  if (needed > first.server) {
    throw new Error(
      `${processes} processes open up to ${needed} connections, and PostgreSQL allows ${first.server}. ` +
        'Start fewer workers, or raise max_connections of PostgreSQL.',
    )
  }
  const own = workers * connectionsPerProcess
  const least = Math.min(...allowed.map(({ role }) => (role < 0 ? own : role)))
  if (own > least) {
    throw new Error(
      `${workers} processes of an app open up to ${own} connections, and PostgreSQL allows its role ${least}. ` +
        `Start fewer workers, or have more allowed: npx shared-ledger provision --connections ${own} and the app's name.`,
    )
  }
}

async function allowedFor(url: string): Promise<Allowed> {
  return withConnection(url, async (connection) => {
    const { rows } = await connection.query<Allowed>(`
      SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
           - coalesce(current_setting('reserved_connections', true)::int, 0) AS server, -- since PostgreSQL 16
             (SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user) AS role`)
    return rows[0] ?? { server: 0, role: -1 }
  })
}
