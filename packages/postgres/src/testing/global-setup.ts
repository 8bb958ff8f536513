import type { TestProject } from 'vitest/node'
import { withConnection } from '../connection.ts'
import { findRoot } from '../project.ts'
import { useGivenPostgres } from './given-postgres.ts'
import { startMigratedPostgres } from './migrated-postgres.ts'
import type { Pooler } from './pooler.ts'
import { makeSuiteKey } from './suite-key.ts'
import { startTestPooler } from './test-pooler.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The test run's PostgreSQL server, which global-setup.ts provides. */
    postgres: {
      readonly url: string
      readonly template: string
      /** The pooler in front of the server, in `npm run test:pooler`. */
      readonly poolerUrl?: string
      /** Whether the server is the coordinator of a Citus cluster, in `npm run test:citus`. */
      readonly isCluster?: boolean
      /** The project's root. */
      readonly root: string
    }
  }
}

/**
 * Vitest's global setup: one PostgreSQL server for the whole run, with one migrated template database. The server is
 * the one in TEST_POSTGRES_URL if that is set, else one that this run starts.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const root = findRoot(project.config.root)
  const cluster = process.env.TEST_CITUS_URL
  if (cluster) {
    project.provide('postgres', { url: cluster, template: '', isCluster: true, root })
    return async () => {}
  }
  const given = process.env.TEST_POSTGRES_URL
  const server = given ? await useGivenPostgres(given, root) : await startMigratedPostgres(root)
  const { database } = server
  const url = server.url('postgres')
  let pooler: Pooler | undefined
  const remove = async () => {
    await pooler?.stop()
    await server.remove()
  }
  try {
    if (project.vite.config.mode === 'keys') await makeSuiteKey(server.url(database))
    const freeze = `ALTER DATABASE ${database} WITH IS_TEMPLATE true ALLOW_CONNECTIONS false`
    const count = 'CREATE EXTENSION IF NOT EXISTS pg_stat_statements'
    await withConnection(url, (connection) => connection.query(`${freeze}; ${count}`))
    if (project.vite.config.mode === 'pooler') pooler = await startTestPooler(url)
  } catch (error) {
    await remove()
    throw error
  }
  project.provide('postgres', {
    url,
    root,
    template: database,
    ...(pooler && { poolerUrl: pooler.url('postgres') }),
  })
  return remove
}
