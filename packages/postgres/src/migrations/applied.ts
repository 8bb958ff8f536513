import pg from 'pg'
import { type History, migrationsOf } from '../project.ts'

/** How far a database is in one migration history. */
export interface Progress {
  /** The migrations that are still to run, in their order. */
  readonly pending: readonly string[]
  /** Migrations that began and did not end: each blocks those after it until it is marked as rolled back. */
  readonly failed: readonly string[]
}

interface Row {
  migration_name: string
  finished: boolean
}

/** Compares a history's folders with what Prisma noted in the history's own schema, by one query. */
export async function progressOf(connection: pg.Client, history: History): Promise<Progress> {
  const table = tableOf(history)
  const found = await connection.query<{ present: boolean }>(
    'SELECT to_regclass($1) IS NOT NULL AS present',
    [table],
  )
  const rows = found.rows[0]?.present
    ? (
        await connection.query<Row>(
          `SELECT migration_name, finished_at IS NOT NULL AS finished FROM ${table} WHERE rolled_back_at IS NULL`,
        )
      ).rows
    : []
  const finished = new Set(rows.filter((row) => row.finished).map((row) => row.migration_name))
  return {
    pending: migrationsOf(history).filter((name) => !finished.has(name)),
    failed: rows.filter((row) => !row.finished).map((row) => row.migration_name),
  }
}

/**
 * Notes that failed migrations were rolled back, as `prisma migrate resolve --rolled-back` does, so that they run again.
 * They were, as a rule: a migration is sent as one script, which PostgreSQL runs in one transaction. What a script with its
 * own COMMIT did before it failed stays, and so does the invalid index of a CREATE INDEX CONCURRENTLY. Call it only while
 * no engine is at work: one that then finishes would leave the migration both finished and rolled back.
 */
export async function markRolledBack(connection: pg.Client, history: History): Promise<void> {
  await connection.query(
    `UPDATE ${tableOf(history)} SET rolled_back_at = now() WHERE finished_at IS NULL AND rolled_back_at IS NULL`,
  )
}

function tableOf({ name }: History): string {
  return `${pg.escapeIdentifier(name)}._prisma_migrations`
}
