import { migrate } from '../migrations/migrate.ts'
import { keepIn, restoreFrom, templateCacheOf } from './template-cache.ts'
import {
  startTemporaryPostgres,
  type TemporaryPostgres,
  type TemporaryPostgresOptions,
} from './temporary-postgres.ts'

/** A PostgreSQL server with a fully migrated database. */
export interface MigratedPostgres extends TemporaryPostgres {
  /** The database's name. */
  readonly database: string
}

const database = 'shared_ledger_template'

/**
 * Starts a server with a project's migrated database. Creating a cluster and migrating take some seconds, so the migrated data
 * is cached until a migration changes.
 */
export async function startMigratedPostgres(
  root: string,
  { settings, folder }: Pick<TemporaryPostgresOptions, 'settings' | 'folder'> = {},
): Promise<MigratedPostgres> {
  const cache = templateCacheOf(root)
  let restored = false
  const server = await startTemporaryPostgres({
    settings: { shared_preload_libraries: 'pg_stat_statements', ...settings }, // tests count statements
    ...(folder !== undefined && { folder }),
    restore(placement) {
      restored = restoreFrom(cache, placement)
      return restored
    },
  })
  try {
    await migrate({ databaseUrl: server.url(database), root, log: () => {} })
    if (!restored) {
      await server.stop()
      keepIn(cache, server.placement)
      await server.start()
    }
    return { ...server, database }
  } catch (error) {
    await server.remove()
    throw error
  }
}
