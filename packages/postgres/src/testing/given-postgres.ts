import { withConnection } from '../connection.ts'
import { withDatabase } from '../database-url.ts'
import { dropDatabase } from '../databases.ts'
import { migrate } from '../migrations/migrate.ts'
import type { MigratedPostgres } from './migrated-postgres.ts'

/**
 * Makes a migrated database on an existing server, for `npm run test:postgres` with another version of PostgreSQL. The
 * url's user must be a superuser, and the server must preload pg_stat_statements.
 */
export async function useGivenPostgres(
  given: string,
  root: string,
): Promise<Pick<MigratedPostgres, 'url' | 'database' | 'remove'>> {
  const database = `shared_ledger_template_${crypto.randomUUID().replaceAll('-', '')}`
  const url = (name: string) => withDatabase(given, name)
  await migrate({ databaseUrl: url(database), root, log: () => {} })
  return {
    url,
    database,
    async remove() {
      const thaw = `ALTER DATABASE ${database} WITH IS_TEMPLATE false`
      await withConnection(url('postgres'), (connection) => connection.query(thaw))
      await dropDatabase(url('postgres'), database)
    },
  }
}
