import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import pg from 'pg'
import { type History, migrationsOf, scriptOf } from '../project.ts'

/** How much of one migration history a database has. */
interface Progress {
  /** The pending migrations, in their order. */
  readonly pending: readonly string[]
  /** The migrations that began and did not end. What they committed by themselves is in the database. */
  readonly unfinished: readonly string[]
  /** The migrations whose script was changed after it ran. */
  readonly edited: readonly string[]
}

interface Row {
  name: string
  checksum: string
  finished: boolean
}

/** Compares a history's folders with its table. */
export async function progressOf(connection: pg.Client, history: History): Promise<Progress> {
  const rows = await rowsOf(connection, history)
  const finished = new Map(rows.filter((row) => row.finished).map(({ name, checksum }) => [name, checksum]))
  const names = migrationsOf(history)
  return {
    pending: names.filter((name) => !finished.has(name)),
    unfinished: rows.filter((row) => !row.finished).map(({ name }) => name),
    edited: names.filter((name) => {
      const checksum = finished.get(name)
      return checksum !== undefined && !isOf(checksum, readFileSync(scriptOf(history, name), 'utf8'))
    }),
  }
}

async function rowsOf(connection: pg.Client, history: History): Promise<Row[]> {
  const table = tableOf(history)
  const found = await connection.query('SELECT WHERE to_regclass($1) IS NOT NULL', [table])
  if (found.rowCount === 0) return []
  const { rows } = await connection.query<Row>(
    `SELECT migration_name AS name, checksum, finished_at IS NOT NULL AS finished
       FROM ${table} WHERE rolled_back_at IS NULL`,
  )
  return rows
}

/** Creates the history's schema and table when they are missing. The table is the one that Prisma's engine creates. */
export async function prepareHistory(connection: pg.Client, history: History): Promise<void> {
  // Looks for the schema first, because creating one needs a right that using it does not need.
  const found = await connection.query('SELECT FROM pg_namespace WHERE nspname = $1', [history.name])
  if (found.rowCount === 0) await connection.query(`CREATE SCHEMA ${pg.escapeIdentifier(history.name)}`)
  await connection.query(`
    CREATE TABLE IF NOT EXISTS ${tableOf(history)} (
      id varchar(36) PRIMARY KEY NOT NULL,
      checksum varchar(64) NOT NULL,
      finished_at timestamptz,
      migration_name varchar(255) NOT NULL,
      logs text,
      rolled_back_at timestamptz,
      started_at timestamptz NOT NULL DEFAULT now(),
      applied_steps_count integer NOT NULL DEFAULT 0
    )`)
}

/**
 * Notes that unfinished migrations were rolled back, as `prisma migrate resolve --rolled-back` does, so that they run
 * again. The caller must hold the locks of a migrating process, because another process may be running them.
 */
export async function markRolledBack(connection: pg.Client, history: History): Promise<void> {
  await connection.query(
    `UPDATE ${tableOf(history)} SET rolled_back_at = now() WHERE finished_at IS NULL AND rolled_back_at IS NULL`,
  )
}

/** The history's table. */
export function tableOf({ name }: History): string {
  return `${pg.escapeIdentifier(name)}._prisma_migrations`
}

/** Returns the checksum that Prisma stores for a script. */
export function checksumOf(script: string): string {
  return createHash('sha256').update(script).digest('hex')
}

// Git may have changed the line ends of the script. Prisma accepts that as the same script, too.
function isOf(checksum: string, script: string): boolean {
  const lines = script.split(/\r?\n/)
  return ['\n', '\r\n'].some((end) => checksumOf(lines.join(end)) === checksum)
}
