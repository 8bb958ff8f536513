import { readBounds, sessionBounds, sessionSettings, setClause } from '@shared-ledger/ledger/session'
import pg from 'pg'
import { codeOf } from '../errors.ts'
import { roleOf } from './app-role.ts'

/** How much one statement of an app may write into temporary files, for example for a large sort. */
const temporaryFiles = '1GB'

/** From this version on, PostgreSQL can limit a whole transaction. */
const knowsTransactionTimeout = 170_000

/**
 * Gives an app's role its time limits in this database, for sessions that set no others, and the session settings that
 * a pooler does not pass on. Returns what this user may not set.
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
      : [`only the user who made it may set its limits: ${all.join('; ')};`]),
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
