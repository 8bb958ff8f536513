import pg from 'pg'
import { sessionSettings, superuserSettings } from './settings.ts'

/** The oldest PostgreSQL on which everything works. */
const oldestPostgres = 15

/**
 * Checks that a new connection has the settings that it asked for.
 *
 * @param settings What it asked for in addition to `sessionSettings`.
 * @throws Error that names the server's version when it is too old, or each setting that is different, with the
 *   statements that set it for the role
 */
export async function assertSession(
  connection: pg.ClientBase,
  settings: Readonly<Record<string, string>> = {},
): Promise<void> {
  const wanted = { ...sessionSettings, ...settings, ...superuserSettings }
  const { rows } = await connection.query<{ name: string; setting: string; role: string; database: string }>(
    `SELECT name, setting, current_user AS role, current_database() AS database
       FROM pg_settings WHERE name = ANY($1)`,
    [['server_version', 'server_version_num', ...Object.keys(wanted)]],
  )
  const had = new Map(rows.map(({ name, setting }) => [name, setting]))
  assertVersion(Number(had.get('server_version_num')), had.get('server_version') ?? '')
  const wrong = Object.entries(wanted).filter(([name, value]) => had.get(name) !== value)
  if (wrong.length === 0) return
  const { role = '', database = '' } = rows[0] ?? {}
  const whose = `ALTER ROLE ${pg.escapeIdentifier(role)} IN DATABASE ${pg.escapeIdentifier(database)}`
  throw new Error(
    [
      'The database session lacks these settings, and the ledger relies on them:',
      ...wrong.map(([name, value]) => `  ${name} is ${had.get(name) ?? 'unknown'}, and must be ${value}`),
      'A pooler keeps no settings of a session, and some only a superuser may set. Give them to the role:',
      ...wrong.map(([name, value]) => `  ${whose} ${setClause(name, value)};`),
      'Then start again. A pooler must reopen its connections first (PgBouncer: RECONNECT).',
    ].join('\n'),
  )
}

/** @throws Error that names a version that is too old */
export function assertVersion(number: number, version: string, oldest = oldestPostgres): void {
  if (number >= oldest * 10_000) return
  throw new Error(`This is PostgreSQL ${version}. The ledger needs PostgreSQL ${oldest} or later.`)
}

/** Returns `SET name = value`, as ALTER ROLE takes it. */
export function setClause(name: string, value: string): string {
  // In quotes, a list of schemas would be the name of one schema.
  return `SET ${name} = ${name === 'search_path' ? value : pg.escapeLiteral(value)}`
}
