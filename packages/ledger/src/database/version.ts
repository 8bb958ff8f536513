import type { PrismaClient } from './database.ts'
import { query } from './database-errors.ts'

/** The version of the ledger's SQL that belongs to this code, as in prisma/functions/version.sql. */
export const sqlVersion = 12

/** What a database states about its version of the ledger's SQL. */
interface DatabaseVersion {
  readonly version: number
  /** The oldest servers that it serves: their `sqlVersion`. */
  readonly serves: number
}

/** The version of a database that states none, because it is older than the versions. */
const uncounted: DatabaseVersion = { version: 1, serves: 1 }

/**
 * Checks that this code can use the database. The database must have the same version of the ledger's SQL, or a newer one
 * that still serves this code.
 *
 * @throws Error that names both versions and what to do
 */
export async function assertVersion(prisma: PrismaClient): Promise<void> {
  const [found] = await query(
    () => prisma.$queryRaw<{ ledger: boolean; version: boolean }[]>`
      SELECT to_regclass('ledger.apps') IS NOT NULL AS ledger, to_regprocedure('ledger.version()') IS NOT NULL AS version`,
  )
  if (!found?.ledger) {
    throw new Error('The database has no ledger yet. Run its migrations: npx shared-ledger migrate')
  }
  const [stated] = found.version
    ? await query(() => prisma.$queryRaw<DatabaseVersion[]>`SELECT version, serves FROM ledger.version()`)
    : []
  const { version, serves } = stated ?? uncounted
  if (version < sqlVersion) {
    throw new Error(
      `The database has version ${version} of the ledger's SQL, and this server needs version ${sqlVersion}. ` +
        'Run the migrations that came with this server: npx shared-ledger migrate',
    )
  }
  if (serves > sqlVersion) {
    throw new Error(
      `The database has version ${version} of the ledger's SQL, which serves servers from version ${serves} on, and ` +
        `this server has version ${sqlVersion}. Install the packages of the version that the database has, or a later one, and start again.`,
    )
  }
}
