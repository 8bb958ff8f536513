import type { TestProject } from 'vitest/node'
import { withConnection } from '../connection.ts'
import { findRoot } from '../project.ts'
import { startMigratedPostgres } from './migrated-postgres.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The test run's PostgreSQL server, from packages/postgres/src/testing/global-setup.ts. */
    postgres: { readonly url: string; readonly template: string }
  }
}

/** Vitest's global setup: one PostgreSQL server for the whole run, with one migrated template database. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const root = findRoot(project.config.root)
  const server = await startMigratedPostgres(root)
  const { database } = server
  const freeze = `ALTER DATABASE ${database} WITH IS_TEMPLATE true ALLOW_CONNECTIONS false`
  const count = 'CREATE EXTENSION IF NOT EXISTS pg_stat_statements'
  await withConnection(server.url('postgres'), (connection) => connection.query(`${freeze}; ${count}`))
  project.provide('postgres', { url: server.url('postgres'), template: database })
  return () => server.remove()
}
