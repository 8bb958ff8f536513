import type { TestProject } from 'vitest/node'
import { withConnection } from '../connection.ts'
import { migrate } from '../migrations/migrate.ts'
import { findRoot } from '../project.ts'
import { keepIn, restoreFrom, templateCacheOf } from './template-cache.ts'
import { startTemporaryPostgres, type TemporaryPostgres } from './temporary-postgres.ts'

const TEMPLATE = 'shared_ledger_template'

declare module 'vitest' {
  interface ProvidedContext {
    /** The test run's PostgreSQL server, from packages/postgres/src/testing/global-setup.ts. */
    postgres: { readonly url: string; readonly template: string }
  }
}

/** Vitest's global setup: one PostgreSQL server for the whole run, with one migrated template database. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const root = findRoot(project.config.root)
  const server = await startWithTemplate(root)
  const freeze = `ALTER DATABASE ${TEMPLATE} WITH IS_TEMPLATE true ALLOW_CONNECTIONS false`
  const count = 'CREATE EXTENSION IF NOT EXISTS pg_stat_statements'
  await withConnection(server.url('postgres'), (connection) => connection.query(`${freeze}; ${count}`))
  project.provide('postgres', { url: server.url('postgres'), template: TEMPLATE })
  return () => server.remove()
}

// Migrating takes Prisma's CLI some seconds: the migrated data is kept until a migration changes.
async function startWithTemplate(root: string): Promise<TemporaryPostgres> {
  const cache = templateCacheOf(root)
  let restored = false
  const server = await startTemporaryPostgres({
    settings: { shared_preload_libraries: 'pg_stat_statements' }, // tests count statements
    restore(placement) {
      restored = restoreFrom(cache, placement)
      return restored
    },
  })
  try {
    await migrate({ databaseUrl: server.url(TEMPLATE), root, log: () => {} })
    if (!restored) {
      await server.stop()
      keepIn(cache, server.placement)
      await server.start()
    }
    return server
  } catch (error) {
    await server.remove()
    throw error
  }
}
