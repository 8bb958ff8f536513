import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { copyProject, type ProjectCopy, startTemporaryPostgres } from '@shared-ledger/postgres/testing'
import { afterEach, beforeEach, expect, inject, test, vi } from 'vitest'
import { checkMigrations, findRoot } from '../src/index.ts'
import { rowsOf } from './support/attached.ts'

let project: ProjectCopy
beforeEach(() => {
  project = copyProject()
})
afterEach(() => project.remove())

const all = ['ledger', 'content', 'freelance']
const fileOf = (file: string) => path.join(project.root, file)
const lacks = (histories: readonly string[] = all, serverUrl = inject('postgres').url) =>
  checkMigrations({ root: project.root, histories, serverUrl })

/** Lists what the project has of its own. Its node_modules is shared with other tests, which write there meanwhile. */
const filesOfProject = () =>
  readdirSync(project.root)
    .filter((name) => name !== 'node_modules')
    .flatMap((name) => [
      name,
      ...(statSync(fileOf(name)).isDirectory() ? readdirSync(fileOf(name), { recursive: true }) : []),
    ])

function edit(file: string, from: string | RegExp, to: string): void {
  const before = readFileSync(fileOf(file), 'utf8')
  const after = before.replace(from, to)
  expect(after).not.toBe(before)
  writeFileSync(fileOf(file), after)
}

test('the migrations have everything that this project declares, and a comparison leaves no database behind', async () => {
  const server = await startTemporaryPostgres()
  try {
    const serverUrl = server.url('postgres')
    expect(await checkMigrations({ root: findRoot(), histories: all, serverUrl })).toEqual([])
    const databases = await rowsOf(serverUrl, 'SELECT datname FROM pg_database WHERE NOT datistemplate')
    expect(databases).toEqual([{ datname: 'postgres' }])
  } finally {
    await server.remove()
  }
})

const OPERATIONS = 'apps/content/src/operations.ts'
const addOperation = () =>
  edit(
    OPERATIONS,
    '...sharedOperations,',
    "...sharedOperations,\n  CONTENT_BOOST: { amount: -2, description: 'A boost.' },",
  )

/** Writes a migration by hand: of content, or in another folder of migrations. */
function migration(sql: string, migrations = 'apps/content/prisma/migrations'): void {
  const folder = fileOf(`${migrations}/20991231000000_by_hand`)
  mkdirSync(folder)
  writeFileSync(path.join(folder, 'migration.sql'), sql)
}

const content = (...lines: string[]) => [{ history: 'content', lines }]
const ledger = (...lines: string[]) => [{ history: 'ledger', lines }]

test.each([
  ['an operation that is added', addOperation, content(`${OPERATIONS} adds CONTENT_BOOST`)],
  [
    'one that is dropped',
    () => edit(OPERATIONS, /^ {2}CONTENT_ACCESS: .*\n/m, ''),
    content(`${OPERATIONS} drops CONTENT_ACCESS`),
  ],
  [
    'one that is retired, beside another that is added',
    () => {
      addOperation()
      edit(OPERATIONS, 'CONTENT_ACCESS: {', 'CONTENT_ACCESS: { retired: true,')
    },
    content(`${OPERATIONS} adds CONTENT_BOOST; retires CONTENT_ACCESS`),
  ],
  [
    'one that is posted again',
    () =>
      migration(`SELECT ledger.set_operations('content', (SELECT operations FROM ledger.apps WHERE app = 'content'),
                   retired => ARRAY['CONTENT_ACCESS'])`),
    content(`${OPERATIONS} posts CONTENT_ACCESS again`),
  ],
  [
    'models of an app: a new table, a column more, another less',
    () => {
      appendFileSync(
        fileOf('apps/content/prisma/schema.prisma'),
        '\nmodel Boost {\n  id Int @id\n\n  @@map("boosts")\n}\n',
      )
      edit('apps/content/prisma/schema.prisma', /^ {2}body .*\n/m, '  text String?\n')
    },
    content(
      'apps/content/prisma/schema.prisma: ALTER TABLE "contents" DROP COLUMN "body"',
      'apps/content/prisma/schema.prisma: CREATE TABLE "boosts"',
    ),
  ],
  [
    'a table that was made by hand',
    () => migration('CREATE TABLE by_hand (id int PRIMARY KEY);'),
    content('apps/content/prisma/schema.prisma: DROP TABLE "by_hand"'),
  ],
  [
    'a model of the ledger',
    () => edit('prisma/schema.prisma', '  @@map("apps")', '  note String?\n\n  @@map("apps")'),
    ledger('prisma/schema.prisma: ALTER TABLE "apps" ADD COLUMN "note" TEXT'),
  ],
  [
    'the model of the partitioned table: a column, an index',
    () =>
      edit(
        'prisma/schema.prisma',
        '  @@map("entries")',
        '  note String?\n\n  @@index([note])\n  @@map("entries")',
      ),
    ledger(
      'prisma/schema.prisma: ALTER TABLE "entries" ADD COLUMN "note" TEXT',
      'prisma/schema.prisma: CREATE INDEX "entries_note_idx" ON "entries"',
    ),
  ],
  [
    'functions of the ledger: a changed one, a new one, one less',
    () => {
      edit('prisma/functions/operations.sql', "'CREDIT_ADD'];", "'CREDIT_ADD', 'CREDIT_TAKE'];")
      rmSync(fileOf('prisma/functions/summary.sql'))
      writeFileSync(
        fileOf('prisma/functions/zero.sql'),
        'CREATE OR REPLACE FUNCTION ledger.zero() RETURNS bigint LANGUAGE sql IMMUTABLE RETURN 0;\n',
      )
    },
    ledger(
      'prisma/functions: CREATE OR REPLACE FUNCTION ledger.shared_operations',
      'prisma/functions: CREATE OR REPLACE FUNCTION ledger.zero',
      'prisma/functions: DROP FUNCTION ledger.summary',
    ),
  ],
])('%s: declared, in no migration, and named', async (_, change, expected) => {
  change()
  const before = filesOfProject()
  expect(await lacks()).toEqual(expected)
  expect(filesOfProject()).toEqual(before)
})

test('compares only the named histories', async () => {
  addOperation()
  expect(await lacks(['freelance'])).toEqual([])
  expect(await lacks(['ledger'])).toEqual([])
  expect(await lacks(['content'])).toEqual(content(`${OPERATIONS} adds CONTENT_BOOST`))
})

test('the ledger is compared with one more shared operation, too', async () => {
  const functions = 'prisma/functions/operations.sql'
  edit(functions, "'CREDIT_ADD'];", "'CREDIT_ADD', 'CREDIT_TAKE'];")
  const [shared] = readFileSync(fileOf(functions), 'utf8').match(/^CREATE .*\nRETURN .*;$/m) ?? []
  migration(shared!, 'prisma/migrations')
  expect(await lacks(['ledger'])).toEqual([])
})

test.each([
  [
    'a name that is no app’s',
    () => {},
    ['contents'],
    /no app "contents".*The apps are: content, freelance\./,
  ],
  [
    'another key of the partitioned table',
    () => edit('prisma/schema.prisma', '@@id([book, ownerId, seq])', '@@id([book, ownerId, seq, app])'),
    all,
    /The change of prisma\/schema.prisma fails: .* Write this migration by hand:\n.*entries_pkey/s,
  ],
  [
    'a model that is wrong',
    () =>
      appendFileSync(fileOf('apps/content/prisma/schema.prisma'), '\nmodel Boost {\n  id Nothing @id\n}\n'),
    all,
    /Type "Nothing" is neither a built-in type, nor refers to another model[\s\S]*apps\/content\/prisma\/schema\.prisma/,
  ],
  [
    'migrations that fail on an empty database',
    () => migration('SELECT 1;\nSELECT 1 / 0;'),
    all,
    /^On an empty database: The migration 20991231000000_by_hand of the app content failed and changed nothing\.\nERROR: division by zero/,
  ],
  [
    'operations that are not exported',
    () => writeFileSync(fileOf(OPERATIONS), 'export const other = {}\n'),
    all,
    /apps\/content\/src\/operations\.ts does not export "operations"/,
  ],
])('%s: refused, with the reason', async (_, spoil, histories, message) => {
  spoil()
  await expect(lacks(histories)).rejects.toThrow(message)
})

test('a stopped comparison leaves no database behind', async () => {
  const server = await startTemporaryPostgres()
  try {
    const serverUrl = server.url('postgres')
    const stopping = new AbortController()
    migration('SELECT pg_sleep(3600)')
    const stopped = checkMigrations({
      root: project.root,
      histories: all,
      serverUrl,
      signal: stopping.signal,
    })
    await vi.waitUntil(
      async () =>
        (await rowsOf(serverUrl, "SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'")).length > 0,
      { timeout: 120_000 },
    )
    stopping.abort()
    await expect(stopped).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }))
    expect(await rowsOf(serverUrl, 'SELECT FROM pg_database WHERE NOT datistemplate')).toHaveLength(1)
  } finally {
    await server.remove()
  }
})
