import pg from 'pg'
import { LEDGER } from '../project.ts'
import { ensureRole, excessOf, type RoleOptions, roleOf } from './app-role.ts'
import { closePublic } from './close-public.ts'
import { searchByIndexes } from './leakproof.ts'
import { limitRole } from './limits.ts'
import { unreachedBy } from './reach.ts'

/**
 * Gives an app a login with its own role. Makes or corrects the role, its rights and its limits. A second call changes
 * nothing. The database must be migrated, and the connection must be its owner's.
 *
 * @returns what could not be done, each as a sentence for a person
 * @throws Error that says what to do when the database is not migrated, or this user may not make roles
 */
export async function provisionApp(connection: pg.ClientBase, options: RoleOptions): Promise<string[]> {
  const { app } = options
  await assertMigrated(connection)
  await ensureRole(connection, options)
  await connection.query('SELECT ledger.grant_app($1)', [app])
  const role = roleOf(app)
  const limits = await limitRole(connection, app)
  const excess = await excessOf(connection, app)
  const connects = await letConnect(connection, role)
  const unreached = await unreachedBy(connection, app)
  return [...connects, ...limits, ...excess, ...unreached].map((problem) => `${role}: ${problem}`)
}

/**
 * Prepares a database for roles: revokes from everybody what no app needs, and lets roles use the ledger's indexes.
 * Returns what could not be done, as `provisionApp` does.
 */
export async function closeDatabase(connection: pg.ClientBase): Promise<string[]> {
  const left = await closePublic(connection)
  return [
    ...left.map((what) => `Every role may still use what this user may not take away: ${what}`),
    ...(await searchByIndexes(connection)),
  ]
}

async function letConnect(connection: pg.ClientBase, role: string): Promise<string[]> {
  const may =
    "SELECT current_database() AS database, has_database_privilege($1, current_database(), 'CONNECT') AS may"
  const ask = async () => (await connection.query<{ database: string; may: boolean }>(may, [role])).rows[0]
  const before = await ask()
  if (before?.may) return []
  const grant = `GRANT CONNECT ON DATABASE ${pg.escapeIdentifier(before?.database ?? '')} TO ${pg.escapeIdentifier(role)}`
  await connection.query(grant)
  return (await ask())?.may ? [] : [`it may not connect, which the owner of the database grants: ${grant};`]
}

async function assertMigrated(connection: pg.ClientBase): Promise<void> {
  const { rows } = await connection.query<{ migrated: boolean }>(
    `SELECT to_regproc('${LEDGER}.grant_apps') IS NOT NULL AS migrated`,
  )
  if (!rows[0]?.migrated)
    throw new Error(
      'The ledger is not in this database, or an older one is. Run npx shared-ledger migrate first.',
    )
}
