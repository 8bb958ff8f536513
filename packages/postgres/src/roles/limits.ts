import { readBounds, sessionBounds, sessionSettings, setClause } from '@shared-ledger/ledger/session'
import pg from 'pg'
import { codeOf } from '../errors.ts'
import { roleOf } from './app-role.ts'

/** How much a statement of an app may put into files that PostgreSQL writes for it alone, such as those of a large sort. */
const temporaryFiles = '1GB'

/** From here on a transaction can have a bound as a whole. */
const knowsTransactionTimeout = 170_000

/**
 * Gives the role of an app its bounds in this database, for sessions that say nothing else, and the settings of a session
 * that a pooler does not pass on. Returns what this user may not set.
 */
export async function limitRole(connection: pg.ClientBase, app: string): Promise<string[]> {
  const { rows } = await connection.query<{ database: string; version: number }>(
    `SELECT current_database() AS database, current_setting('server_version_num')::int AS version`,
  )
  const { database = '', version = 0 } = rows[0] ?? {}
  const whose = `ALTER ROLE ${pg.escapeIdentifier(roleOf(app))} IN DATABASE ${pg.escapeIdentifier(database)}`
  const bounds = readBounds()
  const settings = Object.entries({
    ...sessionSettings,
    ...sessionBounds(bounds),
    ...(version >= knowsTransactionTimeout && { transaction_timeout: 2 * bounds.request }),
  })
  const all = settings.map(([name, value]) => `${whose} ${setClause(name, String(value))}`)
  const files = `${whose} ${setClause('temp_file_limit', temporaryFiles)}`
  return [
    ...((await isSet(connection, all.join(';\n')))
      ? []
      : [`its limits may be set by who made it alone: ${all.join('; ')};`]),
    ...((await isSet(connection, files))
      ? []
      : [`its temporary files have no bound, which only a superuser may set: ${files};`]),
  ]
}

async function isSet(connection: pg.ClientBase, statements: string): Promise<boolean> {
  try {
    await connection.query(statements)
    return true
  } catch (error) {
    if (codeOf(error) === '42501') return false
    throw error
  }
}
