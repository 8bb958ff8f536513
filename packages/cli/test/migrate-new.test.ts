import { appendFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { writeNewMigration } from '@shared-ledger/postgres'
import { copyProject, createTestDatabase, type ProjectCopy } from '@shared-ledger/postgres/testing'
import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { outcomeHere, outcomeOf } from './support/command.ts'

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

const run = (name: string, ...args: string[]) =>
  outcomeHere(name, project.root, args, { env: { DATABASE_URL: database.url } })

/** The same in a process of its own, as users run it. Only there Node loads an operations.ts that has changed since. */
const runInOwnProcess = (name: string, ...args: string[]) =>
  outcomeOf(name, project.root, args, { env: { DATABASE_URL: database.url } })
const inApp = (app: string, file: string) => path.join(project.root, 'apps', app, file)
const migrationsOf = (folder: string) => readdirSync(path.join(folder, 'prisma', 'migrations')).sort()

function edit(file: string, change: (text: string) => string): void {
  const before = readFileSync(file, 'utf8')
  const after = change(before)
  expect(after).not.toBe(before)
  writeFileSync(file, after)
}

const addBoost = () =>
  edit(inApp('content', 'src/operations.ts'), (text) =>
    text.replace(
      '...sharedOperations,',
      "...sharedOperations,\n  CONTENT_BOOST: { amount: -2, description: 'Boosts.' },",
    ),
  )

async function rowsOf(sql: string): Promise<unknown[]> {
  const connection = new pg.Client({ connectionString: database.url })
  await connection.connect()
  try {
    return (await connection.query(sql)).rows
  } finally {
    await connection.end()
  }
}

const everything = `SELECT oid, relname, relfilenode FROM pg_class WHERE relnamespace::regnamespace::text IN ('ledger', 'content', 'freelance', 'public') ORDER BY oid`

test('a new operation and a new table become one migration, which then runs', async () => {
  addBoost()
  appendFileSync(
    inApp('content', 'prisma/schema.prisma'),
    '\nmodel Boost {\n  id Int @id\n  note String?\n\n  @@map("boosts")\n}\n',
  )
  const before = await rowsOf(everything)
  const written = await runInOwnProcess('migrate new', 'content', 'add_boost')
  expect(written).toMatchObject({ code: 0 })
  const file = /Wrote (\S+)/.exec(written.output)?.[1] ?? ''
  expect(file).toMatch(/^apps\/content\/prisma\/migrations\/\d{14}_add_boost\/migration\.sql$/)
  expect(path.basename(path.dirname(file))).toBe(
    migrationsOf(inApp('content', '.'))
      .filter((name) => name !== 'migration_lock.toml')
      .at(-1),
  )
  const sql = readFileSync(path.join(project.root, file), 'utf8')
  expect(sql).toContain('CREATE TABLE "boosts"')
  expect(sql).toContain(
    "apps/content/src/operations.ts: adds CONTENT_BOOST.\nSELECT ledger.set_operations('content', ARRAY[\n",
  )
  expect(sql).toContain("  'CONTENT_BOOST'")
  expect(await rowsOf(everything)).toEqual(before) // it was written, but has not run

  const again = await run('migrate new', 'content', 'again')
  expect(again.output).toContain('Nothing changed')
  expect(await run('migrate', 'content')).toMatchObject({ code: 0 })
  expect(await rowsOf('SELECT FROM content.boosts')).toEqual([])
  expect(
    await rowsOf(`SELECT FROM ledger.apps WHERE app = 'content' AND 'CONTENT_BOOST' = ANY (operations)`),
  ).toHaveLength(1)
})

test('without a change it says so and writes nothing', async () => {
  const before = [migrationsOf(inApp('content', '.')), migrationsOf(project.root)]
  const [content, ledger] = await Promise.all([
    runInOwnProcess('migrate new', 'content', 'nothing'),
    runInOwnProcess('migrate new', 'ledger', 'nothing'),
  ])
  expect(content).toEqual({
    code: 0,
    output: 'Nothing changed: the migrations of content have everything in its models and operations.',
  })
  expect(ledger).toEqual({
    code: 0,
    output: 'Nothing changed: the migrations of ledger have everything in its models and functions.',
  })
  expect([migrationsOf(inApp('content', '.')), migrationsOf(project.root)]).toEqual(before)
})

test('one migration retires an operation, and another one undoes it', async () => {
  const operations = inApp('content', 'src/operations.ts')
  const written = async (name: string) => {
    const { output } = await runInOwnProcess('migrate new', 'content', name)
    return readFileSync(path.join(project.root, /Wrote (\S+)/.exec(output)?.[1] ?? ''), 'utf8')
  }
  edit(operations, (text) => text.replace('CONTENT_ACCESS: {', 'CONTENT_ACCESS: { retired: true,'))
  const retired = await written('retire_access')
  expect(retired).toContain('operations.ts: retires CONTENT_ACCESS.\n')
  expect(retired).toContain("  'CONTENT_ACCESS'\n], retired => ARRAY[\n  'CONTENT_ACCESS'\n]);")

  edit(operations, (text) => text.replace(' retired: true,', ''))
  const again = await written('access_again')
  expect(again).toContain('operations.ts: posts CONTENT_ACCESS again.\n')
  expect(again).toContain("  'CONTENT_ACCESS'\n]);")
})

const addGem = (book: string) =>
  edit(inApp('content', 'src/operations.ts'), (text) =>
    text.replace('...sharedOperations,', `...sharedOperations,\n  GEM_GAIN: { amount: 2, book: '${book}' },`),
  )
const sqlOf = ({ output }: { output: string }) =>
  readFileSync(path.join(project.root, /Wrote (\S+)/.exec(output)?.[1] ?? ''), 'utf8')

test('a new book is made by the migration of the first operation that names it, and another book is noticed', async () => {
  addGem('gems')
  const made = sqlOf(await run('migrate new', 'content', 'gems'))
  expect(made).toContain('operations.ts: makes the book gems; adds GEM_GAIN.\n')
  expect(made).toContain(
    "SELECT ledger.make_book('content', 'gems');\nSELECT ledger.set_operations('content', ARRAY[\n",
  )
  expect(made).toContain(`\n], books => '{\n  "GEM_GAIN": "gems"\n}');\n`)
  expect((await run('migrate new', 'content', 'again')).output).toContain('Nothing changed')
  expect(await run('migrate', 'content')).toMatchObject({ code: 0 })
  expect(await rowsOf(`SELECT app, apps FROM ledger.books WHERE book = 'gems'`)).toEqual([
    { app: 'content', apps: ['content'] },
  ])

  const operations = inApp('content', 'src/operations.ts')
  edit(operations, (text) => text.replace("book: 'gems'", "book: 'rubies'"))
  expect(await runInOwnProcess('migrate new', '--check', 'content')).toEqual({
    code: 1,
    output: [
      'Declared, and in no migration:',
      '  apps/content/src/operations.ts makes the book rubies; gives GEM_GAIN the book rubies',
      'Have it written: npx shared-ledger migrate new content <name>',
    ].join('\n'),
  })
  const moved = sqlOf(await runInOwnProcess('migrate new', 'content', 'rubies'))
  expect(moved).toContain("SELECT ledger.make_book('content', 'rubies');")
  expect(moved).toContain(`books => '{\n  "GEM_GAIN": "rubies"\n}'`)

  edit(operations, (text) => text.replace("book: 'rubies'", "book: 'content'"))
  const back = sqlOf(await runInOwnProcess('migrate new', 'content', 'back'))
  expect(back).toContain("operations.ts: gives GEM_GAIN the app's own book.\n")
  expect(back).not.toContain('books =>')
  expect(back).not.toContain('make_book')
  expect(await run('migrate', 'content')).toMatchObject({ code: 0 })
  expect(await runInOwnProcess('migrate new', '--check')).toMatchObject({ code: 0 })
})

test('a new app makes its books with its first operations', async () => {
  cpSync(inApp('freelance', '.'), inApp('rides', '.'), { recursive: true })
  rmSync(inApp('rides', 'prisma/migrations'), { recursive: true })
  edit(inApp('rides', 'prisma.config.ts'), (text) => text.replace("'freelance'", "'rides'"))
  edit(inApp('rides', 'src/operations.ts'), (text) =>
    text.replace('...sharedOperations,', "...sharedOperations,\n  MILE: { amount: 1, book: 'miles' },"),
  )
  const { code, output } = await run('migrate new', 'rides', 'first')
  expect({ code, output }).toMatchObject({ code: 0 })
  expect(await run('migrate', 'rides')).toMatchObject({ code: 0 })
  expect(await rowsOf(`SELECT book FROM ledger.books WHERE app = 'rides' ORDER BY book`)).toEqual([
    { book: 'miles' },
    { book: 'rides' },
  ])
})

test.each([
  ['freelance', 'of its name', ''],
  ['rubies', 'that it has made', "SELECT ledger.make_book('freelance', 'rubies');"],
])("another app's book %s, %s, is refused until that app shares it", async (book, _how, made) => {
  const write = (name: string, sql: string) => {
    const folder = inApp('freelance', `prisma/migrations/${name}`)
    mkdirSync(folder)
    writeFileSync(path.join(folder, 'migration.sql'), sql)
  }
  if (made) write('20261201000000_made', made)
  addGem(book)
  const before = migrationsOf(inApp('content', '.'))
  const refused = await run('migrate new', 'content', 'gems')
  const advice = new RegExp(
    `^apps/content/src/operations\\.ts: GEM_GAIN cannot have the book ${book}, which the app freelance has made and not ` +
      'shared with content\\. .* write a migration of freelance by hand, ' +
      `apps/freelance/prisma/migrations/\\d{14}_share_${book}/migration\\.sql, .*: (SELECT ledger\\.share_book.*;)$`,
  )
  expect(refused).toEqual({ code: 1, output: expect.stringMatching(advice) })
  expect(migrationsOf(inApp('content', '.'))).toEqual(before)
  expect(await run('migrate new', '--check', 'content')).toMatchObject({ code: 1 })

  write('20261202000000_shared', advice.exec(refused.output)?.[1] ?? '')
  const sql = sqlOf(await run('migrate new', 'content', 'gems'))
  expect(sql).not.toContain('make_book')
  expect(sql).toContain(`books => '{\n  "GEM_GAIN": "${book}"\n}'`)
  expect(await run('migrate new', '--check', 'content')).toMatchObject({ code: 0 })
})

test('an operation that is dropped is named in the migration, with what to do if it was used', async () => {
  edit(inApp('freelance', 'src/operations.ts'), (text) =>
    text.replace(/PROJECT_SPENDING: \{[\s\S]*?\n {2}\},|PROJECT_SPENDING: .*\n/, ''),
  )
  const { output } = await run('migrate new', 'freelance', 'less')
  const sql = readFileSync(path.join(project.root, /Wrote (\S+)/.exec(output)?.[1] ?? ''), 'utf8')
  expect(sql).toContain('drops PROJECT_SPENDING.')
  expect(sql).toContain('with retired: true')
  expect(output).toContain('It drops PROJECT_SPENDING: the database refuses that where there are entries')
  expect(sql).not.toContain("'PROJECT_SPENDING'")
})

test('a dropped column is announced in the output and in the migration', async () => {
  edit(inApp('content', 'prisma/schema.prisma'), (text) => text.replace(/^ {2}body .*\n/m, ''))
  const { output } = await run('migrate new', 'content', 'less')
  expect(output).toContain('WARNING: it drops what is in column "contents"."body".')
  const sql = readFileSync(path.join(project.root, /Wrote (\S+)/.exec(output)?.[1] ?? ''), 'utf8')
  expect(sql).toMatch(/^-- WARNING: this drops what is in\n-- {3}column "contents"\."body"\n/)
})

test('a change of the ledger’s models is a migration of the ledger', async () => {
  edit(path.join(project.root, 'prisma/schema.prisma'), (text) =>
    text.replace('  @@map("apps")', '  note String?\n\n  @@map("apps")'),
  )
  const { output } = await run('migrate new', 'ledger', 'add_note')
  const file = /Wrote (\S+)/.exec(output)?.[1] ?? ''
  expect(file).toMatch(/^prisma\/migrations\/\d{14}_add_note\/migration\.sql$/)
  expect(readFileSync(path.join(project.root, file), 'utf8')).toContain('ALTER TABLE "apps" ADD COLUMN')
})

test('a changed function of the ledger becomes a migration, which then runs', async () => {
  edit(path.join(project.root, 'prisma/functions/operations.sql'), (text) =>
    text.replace("'CREDIT_ADD'];", "'CREDIT_ADD', 'CREDIT_TAKE'];"),
  )
  const { output } = await run('migrate new', 'ledger', 'share_take')
  const sql = readFileSync(path.join(project.root, /Wrote (\S+)/.exec(output)?.[1] ?? ''), 'utf8')
  expect(sql).toBe(
    [
      '-- Functions, from prisma/functions.',
      '',
      '-- Returns the operations that every app must have.',
      'CREATE OR REPLACE FUNCTION ledger.shared_operations() RETURNS text[] LANGUAGE sql IMMUTABLE',
      "RETURN ARRAY['DAILY_REWARD', 'SIGNUP_CREDIT', 'CREDIT_SPEND', 'CREDIT_ADD', 'CREDIT_TAKE'];",
      '',
      '-- The copies of functions that apps and shards have.',
      'SELECT ledger.make_functions(app) FROM ledger.apps;',
      '',
    ].join('\n'),
  )
  expect(await run('migrate')).toMatchObject({ code: 0 })
  expect(await rowsOf('SELECT cardinality(ledger.shared_operations()) AS count')).toEqual([{ count: 5 }])
})

test('the first migration of a new app declares its operations and makes its tables', async () => {
  cpSync(inApp('freelance', '.'), inApp('rides', '.'), { recursive: true })
  rmSync(inApp('rides', 'prisma/migrations'), { recursive: true })
  edit(inApp('rides', 'prisma.config.ts'), (text) => text.replace("'freelance'", "'rides'"))
  const { code, output } = await run('migrate new', 'rides', 'first')
  expect({ code, output }).toMatchObject({ code: 0 })
  const sql = readFileSync(path.join(project.root, /Wrote (\S+)/.exec(output)?.[1] ?? ''), 'utf8')
  expect(sql).toContain('CREATE TABLE "projects"')
  expect(sql).toContain("SELECT ledger.set_operations('rides', ARRAY[")
  expect(await run('migrate', 'rides')).toMatchObject({ code: 0 })
  expect(
    await rowsOf(
      `SELECT to_regclass('rides.projects') IS NOT NULL AND to_regclass('ledger.entries_rides') IS NOT NULL AS made`,
    ),
  ).toEqual([{ made: true }])
})

test('--check names what no migration has, and the command that writes it, fails, and writes nothing', async () => {
  const complete = { code: 0, output: 'All that is declared is in a migration.' }
  expect(await run('migrate new', '--check')).toEqual(complete)
  addBoost()
  edit(path.join(project.root, 'prisma/schema.prisma'), (text) =>
    text.replace('  @@map("apps")', '  note String?\n\n  @@map("apps")'),
  )
  const before = [migrationsOf(inApp('content', '.')), migrationsOf(project.root)]
  const [all, freelance, unknown] = await Promise.all([
    runInOwnProcess('migrate new', '--check'),
    runInOwnProcess('migrate new', '--check', 'freelance'),
    runInOwnProcess('migrate new', '--check', 'contents'),
  ])
  expect(all).toEqual({
    code: 1,
    output: [
      'Declared, and in no migration:',
      '  prisma/schema.prisma: ALTER TABLE "apps" ADD COLUMN "note" TEXT',
      'Have it written: npx shared-ledger migrate new ledger <name>',
      'Declared, and in no migration:',
      '  apps/content/src/operations.ts adds CONTENT_BOOST',
      'Have it written: npx shared-ledger migrate new content <name>',
    ].join('\n'),
  })
  expect(freelance).toEqual(complete)
  expect(unknown).toEqual({ code: 1, output: expect.stringMatching(/^There is no app "contents"/) })
  expect([migrationsOf(inApp('content', '.')), migrationsOf(project.root)]).toEqual(before)
})

test('two migrations within one second keep the order in which they were written', async () => {
  addBoost()
  const last = inApp('content', 'prisma/migrations/29991231235959_far_ahead')
  mkdirSync(last)
  writeFileSync(path.join(last, 'migration.sql'), 'SELECT 1;\n')
  const { output } = await run('migrate new', 'content', 'add_boost')
  expect(output).toContain('29991231235960_add_boost')
})

test.each([
  ['content', 'Add Boost', '"Add Boost" is not a migration\'s name.'],
  ['content', '../escape', '"../escape" is not a migration\'s name.'],
  ['content', 'a'.repeat(61), "is not a migration's name."],
  ['contents', 'add_boost', 'There is no app "contents"'],
  ['../..', 'add_boost', 'There is no app "../.."'],
])('the app %j with the name %j is refused before anything is done', async (history, name, message) => {
  const before = migrationsOf(inApp('content', '.'))
  const serverUrl = 'postgresql://nobody@127.0.0.1:9/nowhere'
  const refused = writeNewMigration({ root: project.root, history, name, serverUrl })
  await expect(refused).rejects.toThrow(message)
  expect(migrationsOf(inApp('content', '.'))).toEqual(before)
})

test('the command says how to use it, and what is wrong, without a stack', async () => {
  const [short, unknown] = await Promise.all([
    runInOwnProcess('migrate new', 'content'),
    runInOwnProcess('migrate new', 'contents', 'add_boost'),
  ])
  expect(short).toEqual({
    code: 2,
    output: expect.stringContaining('shared-ledger migrate new content add_boost'),
  })
  expect(unknown).toEqual({
    code: 1,
    output: expect.stringMatching(/^There is no app "contents".*The apps are: content, freelance\.$/),
  })
})
