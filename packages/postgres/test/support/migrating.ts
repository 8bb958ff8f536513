import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import {
  copyProject,
  createTestDatabase,
  type ProjectCopy,
  type TestDatabase,
} from '@shared-ledger/postgres/testing'
import pg from 'pg'
import { afterEach, beforeEach, onTestFinished, vi } from 'vitest'
import { type MigrateOptions, migrate } from '../../src/migrations/migrate.ts'
import { rowsOf } from './attached.ts'

/** A name that sorts after the project's own migrations. */
export const BOOST = '20991122000000_add_boost'

/** Gives each test of a file its own project and migrated database. */
export function migratingProject() {
  let project: ProjectCopy
  let database: TestDatabase
  beforeEach(async () => {
    project = copyProject()
    database = await createTestDatabase()
  })
  afterEach(async () => {
    project.remove()
    await database.drop()
  })

  const migrating = async (options: Partial<MigrateOptions> = {}) => {
    const lines: string[] = []
    const log = (line: string) => void lines.push(line)
    await migrate({ databaseUrl: database.url, root: project.root, apps: ['content'], log, ...options })
    return lines
  }
  const rows = (sql: string, values?: unknown[]) => rowsOf(database.url, sql, values)
  return {
    get root() {
      return project.root
    },
    get url() {
      return database.url
    },
    /** Writes a migration. Replaces one with the same name. */
    write(sql: string, { app = 'content', name = BOOST } = {}) {
      const folder = path.join(project.root, 'apps', app, 'prisma', 'migrations', name)
      mkdirSync(folder, { recursive: true })
      writeFileSync(path.join(folder, 'migration.sql'), sql)
    },
    /** Migrates content, and returns the log lines. */
    migrating,
    /** Migrates content, which must fail, and returns the message. */
    failing: (options?: Partial<MigrateOptions>): Promise<string> =>
      migrating(options).then(
        () => '',
        (error: Error) => error.message,
      ),
    rows,
    /** Returns the state of content's rows of a migration, oldest first. */
    states: (name = BOOST) =>
      rows(
        `SELECT CASE WHEN rolled_back_at IS NOT NULL THEN 'rolled back'
                     WHEN finished_at IS NOT NULL THEN 'finished' ELSE 'unfinished' END AS state, logs
           FROM content._prisma_migrations WHERE migration_name = $1 ORDER BY started_at`,
        [name],
      ),
    isTable: async (name: string) => (await rows('SELECT to_regclass($1) IS NOT NULL AS is', [name]))[0]?.is,
    /** Opens a connection, which closes at the end of the test. */
    async connect(): Promise<pg.Client> {
      const client = new pg.Client({ connectionString: database.url })
      client.on('error', () => {})
      await client.connect()
      onTestFinished(() => client.end().catch(() => {}))
      return client
    },
    /** Waits until a query has a row, and returns it. */
    async until(sql: string): Promise<Record<string, unknown>> {
      return vi.waitUntil(async () => (await rows(sql))[0], { timeout: 120_000, interval: 20 })
    },
  }
}
