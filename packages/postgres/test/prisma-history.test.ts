// Prisma's schema engine and this code agree on which migrations ran. The WASM build has the native engine's code.
import { readdirSync, readFileSync, renameSync } from 'node:fs'
import path from 'node:path'
import type { MigrationList, SchemaEngine } from '@prisma/schema-engine-wasm'
import { createEmptyDatabase } from '@shared-ledger/postgres/testing'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { historyOf, migrate, withConnection } from '../src/index.ts'
import { withEngine } from '../src/schema-engine/engine.ts'
import { rowsOf } from './support/attached.ts'
import { BOOST, migratingProject } from './support/migrating.ts'

const project = migratingProject()
const { write, migrating, failing, rows } = project

const histories = ['ledger', 'content', 'freelance']
const filters = { externalTables: [], externalEnums: [] }

/** Returns a history's migrations in the form that the Prisma CLI gives its engine. */
function listOf(name: string): MigrationList {
  const { migrations: baseDir } = historyOf(project.root, name)
  const content = (file: string) => readFileSync(path.join(baseDir, file), 'utf8')
  const lock = 'migration_lock.toml'
  return {
    baseDir,
    lockfile: { path: lock, content: content(lock) },
    shadowDbInitScript: '',
    migrationDirectories: readdirSync(baseDir)
      .filter((entry) => entry !== lock)
      .sort()
      .map((folder) => ({
        path: folder,
        migrationFile: {
          path: 'migration.sql',
          content: { tag: 'ok', value: content(`${folder}/migration.sql`) },
        },
      })),
  }
}

/** Runs something with Prisma's engine in a history's schema. */
const withPrisma = <T>(url: string, name: string, use: (engine: SchemaEngine) => Promise<T>) =>
  withConnection(url, async (connection) => {
    connection.setTypeParser(pg.types.builtins.TIMESTAMPTZ, (text) => new Date(text).toISOString())
    await connection.query(`CREATE SCHEMA IF NOT EXISTS ${name}; SET search_path TO ${name}`)
    return withEngine(connection, name, use)
  })

/** Does with the engine what `prisma migrate deploy` does. */
const deployByPrisma = async (url: string, name: string) => {
  const input = { migrationsList: listOf(name), filters }
  return (await withPrisma(url, name, (engine) => engine.applyMigrations(input))).appliedMigrationNames
}

/** Asks the engine what `prisma migrate status` asks. */
const statusByPrisma = (name = 'content') => {
  const input = { migrationsList: listOf(name), optInToShadowDatabase: false, filters }
  return withPrisma(project.url, name, (engine) => engine.diagnoseMigrationHistory(input))
}

const upToDate = {
  hasMigrationsTable: true,
  editedMigrationNames: [],
  failedMigrationNames: [],
  history: null,
}

async function emptyDatabase(): Promise<string> {
  const database = await createEmptyDatabase()
  onTestFinished(() => database.drop())
  return database.url
}

/** Returns the columns, keys, indexes and rows of a schema's history, but no random ids and times. */
async function historyIn(url: string, schema: string) {
  const table = `'${schema}._prisma_migrations'::regclass`
  return {
    columns: await rowsOf(
      url,
      `SELECT attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid) AS default
         FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE attrelid = ${table} AND attnum > 0 ORDER BY attnum`,
    ),
    keys: await rowsOf(
      url,
      `SELECT conname, contype, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = ${table} ORDER BY conname`,
    ),
    indexes: await rowsOf(url, `SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = ${table}`),
    rows: await rowsOf(
      url,
      `SELECT migration_name, checksum, logs, rolled_back_at, applied_steps_count, length(id) AS id,
              started_at <= finished_at AS in_order, now() - finished_at < '1 hour' AS recent
         FROM ${schema}._prisma_migrations ORDER BY started_at`,
    ),
  }
}

test("our history has the same columns and rows as Prisma's, and each accepts the other's as complete", async () => {
  const [ours, prismas] = [await emptyDatabase(), await emptyDatabase()]
  const said: string[] = []
  const migrateOurs = (databaseUrl: string) =>
    migrate({ databaseUrl, root: project.root, log: (line) => void said.push(line) })
  await migrateOurs(ours)
  for (const name of histories) expect(await deployByPrisma(prismas, name)).not.toEqual([])
  for (const name of histories) expect(await historyIn(ours, name)).toEqual(await historyIn(prismas, name))

  said.length = 0
  await migrateOurs(prismas) // a database that was migrated by Prisma until now
  expect(said).toEqual([])
  for (const name of histories) expect(await deployByPrisma(ours, name)).toEqual([])
})

test('Prisma finds no difference in a database that we migrated', async () => {
  write('CREATE TABLE a ();')
  expect(await statusByPrisma()).toMatchObject({ history: { diagnostic: 'databaseIsBehind' } })
  await migrating()
  for (const name of histories) expect(await statusByPrisma(name)).toEqual(upToDate)
})

test('Prisma and we name a script that was modified after it ran, and the rest runs', async () => {
  write('CREATE TABLE a ();\nCREATE TABLE b ();\n')
  await migrating()
  write('CREATE TABLE a ();\r\nCREATE TABLE b ();\r\n') // as Git on Windows has it
  expect(await migrating()).toEqual([])
  expect(await statusByPrisma()).toEqual(upToDate)

  write('CREATE TABLE a (n int);\n')
  write('CREATE TABLE c ();', { name: `${BOOST}_2` })
  expect(await migrating()).toEqual([
    `WARNING: the migration ${BOOST} of the app content was modified after it was applied. The change has not run here: ` +
      'put it into a new migration, and restore the file.',
    `Migrating the app content: ${BOOST}_2 …`,
  ])
  expect(await statusByPrisma()).toEqual({ ...upToDate, editedMigrationNames: [BOOST] })
})

test('Prisma sees a migration that failed after its own COMMIT as failed, and does not see one that changed nothing', async () => {
  write('SELECT 1 / 0;')
  await failing()
  const pending = { diagnostic: 'databaseIsBehind', unappliedMigrationNames: [BOOST] }
  expect(await statusByPrisma()).toEqual({ ...upToDate, history: pending })
  write('COMMIT; SELECT 1 / 0;')
  await failing()
  expect(await statusByPrisma()).toMatchObject({ failedMigrationNames: [BOOST] })
})

test('a migration that Prisma marked as failed or rolled back runs again', async () => {
  const isThere = `SELECT count(*)::int FROM content._prisma_migrations WHERE migration_name = '${BOOST}' AND finished_at IS NOT NULL`
  write('SELECT 1 / 0;')
  await expect(deployByPrisma(project.url, 'content')).rejects.toThrow('division by zero')
  write('CREATE TABLE a ();')
  await migrating()
  expect(await rows(isThere)).toEqual([{ count: 1 }])
  expect(await statusByPrisma()).toEqual(upToDate)
})

test('a migration that this version of the project lacks is not changed', async () => {
  write('CREATE TABLE a ();')
  await migrating()
  const { migrations } = historyOf(project.root, 'content')
  renameSync(path.join(migrations, BOOST), path.join(project.root, BOOST))
  expect(await migrating()).toEqual([])
  expect(await rows('SELECT FROM content.a')).toEqual([])
})
