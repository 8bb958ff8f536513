import type { PrismaClient } from './database.ts'
import { query } from './database-errors.ts'

/** The version of the ledger's SQL with which this code came: the one of prisma/functions/version.sql. */
export const sqlVersion = 2

/** What a database says of the ledger's SQL that it has. */
interface DatabaseVersion {
  readonly version: number
  /** The oldest servers that it serves, by their `sqlVersion`. */
  readonly serves: number
}

/** What a database is that does not say it: versions were not counted yet. */
const uncounted: DatabaseVersion = { version: 1, serves: 1 }

/**
 * Checks that this code and the database go together: the database has at least the SQL with which the code came, or a newer
 * one that still serves it.
 * @throws Error that has both versions, and says what to do.
 */
export async function assertVersion(prisma: PrismaClient): Promise<void> {
  const [found] = await query(
    () => prisma.$queryRaw<{ ledger: boolean; version: boolean }[]>`
      SELECT to_regclass('ledger.apps') IS NOT NULL AS ledger, to_regprocedure('ledger.version()') IS NOT NULL AS version`,
  )
  if (!found?.ledger) {
    throw new Error('The database has no ledger yet. Run its migrations: npm run migrate')
  }
  const [stated] = found.version
    ? await query(() => prisma.$queryRaw<DatabaseVersion[]>`SELECT version, serves FROM ledger.version()`)
    : []
  const { version, serves } = stated ?? uncounted
  if (version < sqlVersion) {
    throw new Error(
      `The database has version ${version} of the ledger's SQL, and this server needs version ${sqlVersion}. ` +
        'Run the migrations that came with this server: npm run migrate',
    )
  }
  if (serves > sqlVersion) {
    throw new Error(
      `The database has version ${version} of the ledger's SQL, which serves servers from version ${serves} on, and ` +
        `this server has version ${sqlVersion}. Update the server: docs/upgrading.md says how.`,
    )
  }
}
