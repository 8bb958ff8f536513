// Migrations of a ledger that is distributed: of the ledger itself, of an app, and of a new app.
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createLedger, createPool, defineOperations, sharedOperations } from '@shared-ledger/ledger'
import { findRoot, withConnection } from '@shared-ledger/postgres'
import { createTestDatabase } from '@shared-ledger/postgres/testing'
import { afterAll, expect, test } from 'vitest'
import { outcomeOf } from '../../packages/cli/test/support/command.ts'
import { copyStartableProject } from '../../packages/cli/test/support/project.ts'
import { brokenBooks } from '../../packages/ledger/test/open-ledger.ts'

const database = await createTestDatabase()
const project = copyStartableProject()
const pool = createPool(database.url)
afterAll(async () => {
  await pool.end()
  await database.drop()
  project.remove()
})

const run = (command: string, args: readonly string[] = [], root = project.root) =>
  outcomeOf(command, root, args, { env: { DATABASE_URL: database.url } })

const sql = <Row>(text: string): Promise<Row[]> =>
  withConnection(database.url, async (connection) => (await connection.query(text)).rows)

/** Returns what a query answers on each node. */
async function onEachNode(query: string): Promise<string[]> {
  const asked = `SELECT result FROM run_command_on_all_nodes($query$${query}$query$) ORDER BY nodeid`
  return (await sql<{ result: string }>(asked)).map(({ result }) => result)
}

function write(history: string, name: string, script: string): void {
  const folder = path.join(project.root, history, 'migrations', `20990101000000_${name}`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, 'migration.sql'), script)
}

const ledgerOf = (app: string, more: Readonly<Record<string, { amount: number }>> = {}) =>
  createLedger({ app, operations: defineOperations({ ...sharedOperations, ...more }), pool })
const owners = Array.from({ length: 20 }, (_, at) => `owner ${at}`)

/** Posts one entry to owners of all shards, with a ledger that was opened before. */
async function post(ledger: ReturnType<typeof ledgerOf>, nonce: string): Promise<void> {
  const entries = owners.map((ownerId) => ({ ownerId, operation: 'CREDIT_ADD', amount: 1 }) as const)
  expect(await ledger.postTransaction({ entries, nonce })).toMatchObject({ ok: true })
}

test('migrate new --check works beside a cluster, whose database it does not touch', async () => {
  expect(await run('migrate new', ['--check'], findRoot(import.meta.dirname))).toEqual({
    code: 0,
    output: 'All that is declared is in a migration.',
  })
})

test('a migration of the ledger changes tables, indexes and functions on all nodes, and servers go on', async () => {
  const server = ledgerOf('content')
  await post(server, 'before')
  const [template] = await sql<{ text: string }>(
    "SELECT pg_get_functiondef('ledger.try_template'::regproc) AS text",
  )
  const changed = template?.text.replace('BEGIN', 'BEGIN -- changed;')
  write(
    'prisma',
    'tags',
    `ALTER TABLE "accounts" ADD COLUMN "tag" text;
     ALTER TABLE "accounts" ADD CONSTRAINT "accounts_tag" CHECK (tag <> ';');
     ALTER TABLE "entries" ADD COLUMN "tag" text;
     CREATE INDEX "entries_tag_idx" ON "entries" ("owner_id", "tag");
     CREATE INDEX "holds_tag_idx" ON "holds" ("owner_id", "operation");
     DROP INDEX "holds_tag_idx";
     ALTER TABLE "keys" ADD COLUMN "tag" text;
     ${changed};
     SELECT ledger.make_functions(app) FROM ledger.apps;
     -- the end`,
  )
  const { code, output } = await run('migrate')
  expect(output).toContain('The database is up to date.')
  expect(code).toBe(0)
  await post(server, 'after')
  await server.close()
  const again = ledgerOf('content')
  await post(again, 'again')
  await again.close()
  expect(await sql('SELECT DISTINCT tag FROM ledger.entries')).toEqual([{ tag: null }])
  const copy = `SELECT prosrc LIKE '%-- changed;%' FROM pg_proc WHERE proname = 'try_content'`
  expect(new Set(await onEachNode(copy))).toEqual(new Set(['t']))
  const index = `SELECT count(*) > 0 FROM pg_indexes WHERE schemaname = 'ledger' AND indexdef LIKE '%(owner_id, tag)%'`
  expect(new Set(await onEachNode(index))).toEqual(new Set(['t']))
})

test('a migration that fails changes nothing, and says why', async () => {
  write('prisma', 'wrong', `ALTER TABLE "holds" ADD COLUMN "tag" text; CREATE INDEX ON "holds" ("nothing")`)
  const { code, output } = await run('migrate')
  expect(output).toContain('failed and changed nothing.\nERROR: column "nothing" does not exist')
  expect(code).toBe(1)
  const column =
    "SELECT count(*) FROM information_schema.columns WHERE table_name ~ '^holds' AND column_name = 'tag'"
  expect(new Set(await onEachNode(column))).toEqual(new Set(['0']))
  write('prisma', 'wrong', 'SELECT 1')
})

test('a migration of an app changes its own tables on the coordinator, and its operations on all nodes', async () => {
  write(
    'apps/content/prisma',
    'boosts',
    `CREATE TABLE "boosts" ("id" serial PRIMARY KEY, "note" text);
     CREATE INDEX "boosts_note_idx" ON "boosts" ("note");
     SELECT ledger.set_operations('content', ledger.shared_operations() || ARRAY[
       'CONTENT_CREATION', 'CONTENT_FEATURE', 'CONTENT_ACCESS', 'CONTENT_BOOST']);`,
  )
  expect(await run('migrate', ['content'])).toMatchObject({ code: 0 })
  const ledger = ledgerOf('content', { CONTENT_BOOST: { amount: 2 } })
  expect(
    await ledger.postEntry({ ownerId: 'ada', operation: 'CONTENT_BOOST', nonce: 'boost' } as never),
  ).toMatchObject({ ok: true, balance: { amount: 2 } })
  await ledger.close()
  expect(await sql('SELECT count(*)::int AS boosts FROM content.boosts')).toEqual([{ boosts: 0 }])
})

test('a new app is migrated like on one PostgreSQL', async () => {
  expect(await run('new-app', ['arcade', '--yes'])).toMatchObject({ code: 0 })
  expect(await run('migrate')).toMatchObject({ code: 0 })
  const ledger = ledgerOf('arcade')
  await post(ledger, 'first')
  await ledger.close()
  expect(await withConnection(database.url, brokenBooks)).toEqual([])
})
