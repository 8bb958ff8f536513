import type pg from 'pg'
import { withConnection } from '../connection.ts'
import { withLogin } from '../database-url.ts'
import { MIGRATING, takeLock } from '../migrations/locks.ts'
import { roleOf } from '../roles/app-role.ts'
import { closeDatabase, provisionApp } from '../roles/provision.ts'
import { appPasswordOf } from './app-passwords.ts'

export interface AppLoginsOptions {
  /** The database's folder: the `home` of the server that this process is attached to. */
  readonly home: string
  /** The url of the migrated database, with its owner's login. */
  readonly url: string
  readonly apps: readonly string[]
  /** Called with lines that tell a person what happens. */
  readonly log: (line: string) => void
  /** Ends the wait for another process with an AbortError. */
  readonly signal?: AbortSignal
}

/** Connections of an app to the embedded server. It is enough for 16 workers. */
const CONNECTIONS = 200

/**
 * Gives each app a login with its own role on the embedded database, and closes the server's other databases to these
 * roles. Returns each app's url.
 */
export async function makeAppLogins(options: AppLoginsOptions): Promise<ReadonlyMap<string, string>> {
  const { home, url, apps, log } = options
  return withConnection(url, async (connection) => {
    await takeLock(connection, MIGRATING, options)
    const left = await closeDatabase(connection)
    await closeOtherDatabases(connection)
    const logins = new Map<string, string>()
    for (const app of apps) {
      const password = appPasswordOf(home, app)
      left.push(...(await provisionApp(connection, { app, password, connections: CONNECTIONS })))
      logins.set(app, withLogin(url, { user: roleOf(app), password }))
    }
    for (const line of left) log(line)
    return logins
  })
}

/** The leases that keep the server running are in the database "postgres". No app may reach them. */
async function closeOtherDatabases(connection: pg.Client): Promise<void> {
  const { rowCount } = await connection.query(
    `SELECT FROM pg_database WHERE datname IN ('postgres', 'template1') AND has_database_privilege('public', oid, 'CONNECT')`,
  )
  if (rowCount) await connection.query('REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC')
}
