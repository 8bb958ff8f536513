import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  copyProject,
  createEmptyDatabase,
  createTestDatabase,
  type ProjectCopy,
} from '@shared-ledger/postgres/testing'
import pg from 'pg'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
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

const BOOST = '20261122000000_add_boost'

const ADD_BOOST = `SELECT ledger.set_operations('content', ARRAY[
  'DAILY_REWARD', 'SIGNUP_CREDIT', 'CREDIT_SPEND', 'CREDIT_ADD', 'CONTENT_CREATION', 'CONTENT_ACCESS', 'CONTENT_BOOST'
]);`

// A posting's writes and locks, without its rules.
const POST = `INSERT INTO ledger.entries (app, book, owner_id, seq, operation, amount, balance_after, nonce, transaction_id, hash, created_on)
  VALUES ('freelance', 'freelance', 'someone', 1, 'CREDIT_ADD', 10, 10, 'n', gen_random_uuid(), sha256('a test''s'), now())`

test('an operation added to one app changes nothing of another, waits for none of its postings, and is there once', async () => {
  const poster = new pg.Client({ connectionString: database.url })
  await poster.connect()
  const before = await snapshotOf(database.url, 'freelance')
  writeMigration('content', BOOST, `${ADD_BOOST}\nCREATE TABLE boosts (id int PRIMARY KEY);`)
  try {
    await poster.query(`BEGIN; ${POST}`)
    // Fails by its lock_timeout if it needs what the posting holds.
    expect(await migrating(['content'])).toEqual([`Migrating the app content: ${BOOST} …`])
    await poster.query('COMMIT')
  } finally {
    await poster.end()
  }
  expect(await operationsOf('content')).toContain('CONTENT_BOOST')
  expect(await rowsOf(database.url, 'SELECT FROM content.boosts')).toEqual([])
  expect(await snapshotOf(database.url, 'freelance')).toEqual(before)

  const after = await snapshotOf(database.url, 'content')
  expect(await migrating()).toEqual([])
  expect(await snapshotOf(database.url, 'content')).toEqual(after)
  expect(await snapshotOf(database.url, 'freelance')).toEqual(before)
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
    expect(lines.filter((line) => line.startsWith('Migrating'))).toHaveLength(2) // the ledger and content, once each
    expect(lines.filter((line) => line.startsWith('Waiting for another process'))).toHaveLength(1)
    const migrations =
      'SELECT migration_name, count(*)::int FROM content._prisma_migrations GROUP BY 1 ORDER BY 1'
    expect(await rowsOf(missing.url, migrations)).toEqual([
      { migration_name: '20261121000000_operations', count: 1 },
      { migration_name: '20261121000001_contents', count: 1 },
      { migration_name: '20261129224134_features', count: 1 },
    ])
  } finally {
    await missing.drop()
  }
})

test('a migration that fails says why and changes nothing, and its correction runs next', async () => {
  const name = BOOST
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

  // As often as one likes; this time in the words of the ledger.
  writeMigration('content', name, `SELECT ledger.set_operations('content', ARRAY['DAILY_REWARD']);`)
  const refusal: string = await migrating(['content']).then(
    () => '',
    (error: Error) => error.message,
  )
  expect(refusal).toContain(
    'app content leaves out shared operations: SIGNUP_CREDIT, CREDIT_SPEND, CREDIT_ADD',
  )
  expect(refusal.match(/HINT: Every app has all of/gi)).toHaveLength(1)
  writeMigration('content', name, `${ADD_BOOST}\nCREATE TABLE boosts ();`)
  await migrating(['content'])
  expect(await operationsOf('content')).toContain('CONTENT_BOOST')
})

test('a migration that commits by itself is not said to have changed nothing when it fails', async () => {
  writeMigration('content', BOOST, 'BEGIN; CREATE TABLE boosts (); COMMIT; SELECT 1 / 0;')
  const failure = migrating(['content'])
  await expect(failure).rejects.toThrow(`The migration ${BOOST} of the app content failed, and may have`)
  await expect(failure).rejects.not.toThrow('changed nothing')
  expect(await rowsOf(database.url, 'SELECT FROM content.boosts')).toEqual([]) // it has
})

test('a migration whose process is killed half-way, which its engine survives, is waited for and not run again', async () => {
  writeMigration('content', BOOST, 'CREATE TABLE boosts (); SELECT pg_sleep(2);')
  const script = fileURLToPath(new URL('support/migrate-process.ts', import.meta.url))
  const child = spawn(
    process.execPath,
    ['--conditions=@shared-ledger/source', '--import', 'tsx', script, project.root, database.url],
    { stdio: 'ignore' },
  )
  const ended = once(child, 'exit')
  const history = `SELECT finished_at IS NOT NULL AS finished, rolled_back_at IS NOT NULL AS rolled_back
    FROM content._prisma_migrations WHERE migration_name = $1`
  await vi.waitUntil(async () => (await rowsOf(database.url, history, [BOOST])).length > 0, {
    timeout: 120_000,
  })
  child.kill('SIGKILL')
  await ended
  expect(await migrating(['content'])).toEqual([expect.stringContaining('Waiting for another process')])
  expect(await rowsOf(database.url, history, [BOOST])).toEqual([{ finished: true, rolled_back: false }])
  expect(await migrating(['content'])).toEqual([])
})

test('a migration whose engine was killed with its process runs again', async () => {
  writeMigration('content', BOOST, ADD_BOOST)
  await rowsOf(
    database.url,
    `INSERT INTO content._prisma_migrations (id, checksum, migration_name, started_at, applied_steps_count)
     VALUES (gen_random_uuid()::text, '', $1, now(), 0)`,
    [BOOST],
  )
  await migrating(['content'])
  expect(await operationsOf('content')).toContain('CONTENT_BOOST')
})

test('a call that is stopped while it waits for another process ends, with nothing migrated', async () => {
  writeMigration('content', BOOST, ADD_BOOST)
  const other = new pg.Client({ connectionString: database.url })
  await other.connect()
  try {
    await other.query('SELECT pg_advisory_lock(hashtext($$shared-ledger migrate$$))')
    const stopping = new AbortController()
    const options = { databaseUrl: database.url, root: project.root, signal: stopping.signal }
    const log = () => stopping.abort() // once it says that it waits
    await expect(migrate({ ...options, log })).rejects.toThrow(
      expect.objectContaining({ name: 'AbortError' }),
    )
  } finally {
    await other.end()
  }
  expect(await operationsOf('content')).not.toContain('CONTENT_BOOST')
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
