import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import {
  copyProject,
  createEmptyDatabase,
  createTestDatabase,
  type ProjectCopy,
  startTemporaryPostgres,
} from '@shared-ledger/postgres/testing'
import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { migrate } from '../src/index.ts'
import { rowsOf } from './support/attached.ts'
import { snapshotOf } from './support/snapshot.ts'

let project: ProjectCopy
let database: Awaited<ReturnType<typeof createTestDatabase>>
beforeEach(async () => {
  project = copyProject()
  database = await createTestDatabase()
})
afterEach(async () => {
  project.remove()
  await database.drop()
})

const writeMigration = (app: string, name: string, sql: string) => {
  const folder = path.join(project.root, 'apps', app, 'prisma', 'migrations', name)
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, 'migration.sql'), sql)
}

const migrating = async (apps?: string[]) => {
  const lines: string[] = []
  const log = (line: string) => void lines.push(line)
  await migrate({ databaseUrl: database.url, root: project.root, log, ...(apps && { apps }) })
  return lines
}

const operationsOf = async (app: string) =>
  (await rowsOf(database.url, 'SELECT operations FROM ledger.apps WHERE app = $1', [app]))[0]?.operations

const ADD_BOOST = `SELECT ledger.set_operations('content', ARRAY[
  'DAILY_REWARD', 'SIGNUP_CREDIT', 'CREDIT_SPEND', 'CREDIT_ADD', 'CONTENT_CREATION', 'CONTENT_ACCESS', 'CONTENT_BOOST'
]);`

// A posting's writes and locks, without its rules.
const POST = `INSERT INTO ledger.entries (app, owner_id, seq, operation, amount, balance_after, nonce, transaction_id, created_on)
  VALUES ('freelance', 'someone', 1, 'CREDIT_ADD', 10, 10, 'n', gen_random_uuid(), now())`

test('an operation added to one app changes nothing of another', async () => {
  await rowsOf(database.url, POST)
  const before = await snapshotOf(database.url, 'freelance')
  writeMigration(
    'content',
    '20261122000000_add_boost',
    `${ADD_BOOST}\nCREATE TABLE boosts (id int PRIMARY KEY);`,
  )
  expect(await migrating(['content'])).toEqual(['Migrating the app content: 20261122000000_add_boost …'])
  expect(await operationsOf('content')).toContain('CONTENT_BOOST')
  expect(await rowsOf(database.url, 'SELECT FROM content.boosts')).toEqual([])
  expect(await snapshotOf(database.url, 'freelance')).toEqual(before)
})

test('a posting of another app that stays open does not hold the migration up', async () => {
  const poster = new pg.Client({ connectionString: database.url })
  await poster.connect()
  try {
    await poster.query(`BEGIN; ${POST}`)
    writeMigration('content', '20261122000000_add_boost', ADD_BOOST)
    await migrating(['content']) // fails by its lock_timeout if it needs what the posting holds
    await poster.query('COMMIT')
  } finally {
    await poster.end()
  }
  expect(await operationsOf('content')).toContain('CONTENT_BOOST')
})

test('migrating twice changes nothing the second time', async () => {
  writeMigration('content', '20261122000000_add_boost', ADD_BOOST)
  await migrating()
  const before = [await snapshotOf(database.url, 'content'), await snapshotOf(database.url, 'freelance')]
  expect(await migrating()).toEqual([])
  expect([await snapshotOf(database.url, 'content'), await snapshotOf(database.url, 'freelance')]).toEqual(
    before,
  )
})

test('two at once on a database that is not there yet both succeed', async () => {
  const missing = await createEmptyDatabase()
  await missing.drop()
  rmSync(path.join(project.root, 'apps', 'freelance'), { recursive: true })
  const lines: string[] = []
  const start = () =>
    migrate({ databaseUrl: missing.url, root: project.root, log: (line) => void lines.push(line) })
  try {
    await Promise.all([start(), start()])
    expect(lines).toHaveLength(2) // the ledger and content, each by one of them
    const migrations =
      'SELECT migration_name, count(*)::int FROM content._prisma_migrations GROUP BY 1 ORDER BY 1'
    expect(await rowsOf(missing.url, migrations)).toEqual([
      { migration_name: '20261121000000_operations', count: 1 },
      { migration_name: '20261121000001_contents', count: 1 },
    ])
  } finally {
    await missing.drop()
  }
})

test('a migration that fails says why and changes nothing, and its correction runs next', async () => {
  const name = '20261122000000_add_boost'
  const snapshot = async () => [
    await rowsOf(
      database.url,
      `SELECT oid, relname, relfilenode FROM pg_class WHERE relname !~ '^(pg_|_prisma)' ORDER BY 1`,
    ),
    await operationsOf('content'),
  ]
  const before = await snapshot()
  writeMigration('content', name, `${ADD_BOOST}\nCREATE TABLE boosts ();\nUPDATE\n  no_such_table SET x = 1;`)
  const failure = await migrating(['content']).then(
    () => '',
    (error: Error) => error.message,
  )
  expect(failure).toContain(`The migration ${name} of the app content failed and changed nothing.`)
  expect(failure).toContain('relation "no_such_table" does not exist (SQLSTATE 42P01, line 6)')
  expect(failure).toContain(`Correct apps/content/prisma/migrations/${name}/migration.sql and migrate again.`)
  expect(failure).not.toMatch(/\n\s+at |node_modules|P3018|schema-engine/)
  expect(await snapshot()).toEqual(before)

  await expect(migrating(['content'])).rejects.toThrow('no_such_table') // as often as one likes
  writeMigration('content', name, `${ADD_BOOST}\nCREATE TABLE boosts ();`)
  await migrating(['content'])
  expect(await operationsOf('content')).toContain('CONTENT_BOOST')
})

test('a list of operations without a shared one is refused in the words of the ledger', async () => {
  writeMigration(
    'content',
    '20261122000000_less',
    `SELECT ledger.set_operations('content', ARRAY['DAILY_REWARD']);`,
  )
  await expect(migrating(['content'])).rejects.toThrow(
    'app content leaves out shared operations: SIGNUP_CREDIT, CREDIT_SPEND, CREDIT_ADD',
  )
})

test('a migration whose process was killed half-way runs again', async () => {
  writeMigration('content', '20261122000000_add_boost', ADD_BOOST)
  await rowsOf(
    database.url,
    `INSERT INTO content._prisma_migrations (id, checksum, migration_name, started_at, applied_steps_count)
     VALUES (gen_random_uuid()::text, '', '20261122000000_add_boost', now(), 0)`,
  )
  await migrating(['content'])
  expect(await operationsOf('content')).toContain('CONTENT_BOOST')
})

test('an unknown app is refused with the names of those that are', async () => {
  await expect(migrating(['contents'])).rejects.toThrow(
    /no app "contents".*The apps are: content, freelance\./,
  )
})

test('a database url that is none is refused without showing it', async () => {
  const options = { root: project.root, log: () => {} }
  const failure = migrate({ ...options, databaseUrl: 'mysql://root:secret@localhost/x' }).catch(
    (error: Error) => error.message,
  )
  expect(await failure).toMatch(/^DATABASE_URL is not the url of a PostgreSQL database\./)
  expect(await failure).not.toContain('secret')
})

test('a server with another user, whose name and database need escapes, is migrated too', async () => {
  const server = await startTemporaryPostgres({ user: 'ledger owner@work' })
  try {
    rmSync(path.join(project.root, 'apps', 'freelance'), { recursive: true })
    const databaseUrl = server.url('my ledger')
    await migrate({ databaseUrl, root: project.root, log: () => {} })
    expect(await rowsOf(databaseUrl, 'SELECT app FROM ledger.apps')).toEqual([{ app: 'content' }])
    await server.stop()
    await expect(rowsOf(databaseUrl, 'SELECT')).rejects.toThrow()
    await server.start()
    expect(await rowsOf(databaseUrl, 'SELECT app FROM ledger.apps')).toEqual([{ app: 'content' }])
  } finally {
    await server.remove()
  }
})
