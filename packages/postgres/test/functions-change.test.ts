import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { copyProject, type ProjectCopy } from '@shared-ledger/postgres/testing'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { withScratchDatabase } from '../src/databases.ts'
import { findRoot, migrate, withConnection } from '../src/index.ts'
import { functionsChangeOf } from '../src/migrations/functions-change.ts'

let project: ProjectCopy
beforeEach(() => {
  project = copyProject()
})
afterEach(() => project.remove())

const changeOf = (root: string, models = '') =>
  withScratchDatabase(inject('postgres').url, async (databaseUrl) => {
    await migrate({ databaseUrl, root, apps: [], log: () => {} })
    return withConnection(databaseUrl, (connection) => functionsChangeOf(connection, { root, models }))
  })
const fileOf = (name: string) => path.join(project.root, 'prisma/functions', name)

function edit(name: string, from: string | RegExp, to: string): void {
  const before = readFileSync(fileOf(name), 'utf8')
  const after = before.replace(from, to)
  expect(after).not.toBe(before)
  writeFileSync(fileOf(name), after)
}

/** Returns the first words of each statement of a change. */
const statementsOf = (script: string) => script.match(/^(?:CREATE OR REPLACE|DROP) FUNCTION ledger\.\w+/gm)

test('the migrations leave the functions of prisma/functions, or else run npx shared-ledger migrate new ledger …', async () => {
  expect(await changeOf(findRoot())).toBe('')
})

test('a comment above a function is not a change', async () => {
  edit('clock.sql', "-- The ledger's clock.", "-- The ledger's only clock.")
  expect(await changeOf(project.root)).toBe('')
})

test('functions are replaced in an order in which each finds what it calls', async () => {
  edit('answers.sql', "'balanceAfter', balance_after", "'at', ledger.zero(), 'balanceAfter', balance_after")
  writeFileSync(
    fileOf('zero.sql'),
    'CREATE OR REPLACE FUNCTION ledger.zero() RETURNS bigint LANGUAGE sql IMMUTABLE RETURN 0;\n',
  )
  expect(statementsOf(await changeOf(project.root))).toEqual([
    'CREATE OR REPLACE FUNCTION ledger.zero',
    'CREATE OR REPLACE FUNCTION ledger.entry_json',
  ])
})

test('a function with another result is dropped before, and one without a file after', async () => {
  edit('read.sql', 'book text DEFAULT NULL) RETURNS bigint', 'book text DEFAULT NULL) RETURNS numeric')
  rmSync(fileOf('summary.sql'))
  const script = await changeOf(project.root)
  expect(statementsOf(script)).toEqual([
    'DROP FUNCTION ledger.seq_at',
    'CREATE OR REPLACE FUNCTION ledger.seq_at',
    'DROP FUNCTION ledger.summary',
  ])
  expect(script).toMatch(/^DROP FUNCTION ledger\.summary\(text, text, .*\);$/m)
})

test('a function with one more parameter replaces the one before', async () => {
  edit(
    'accounts.sql',
    'backward boolean, size integer',
    'backward boolean, size integer, note text DEFAULT NULL',
  )
  expect(statementsOf(await changeOf(project.root))).toEqual([
    'DROP FUNCTION ledger.accounts_page',
    'CREATE OR REPLACE FUNCTION ledger.accounts_page',
  ])
})

test.each([
  [
    'replay_template',
    'nonce.sql',
    'coalesce(original.identical, false)',
    'coalesce(original.identical, true)',
  ],
  ['live_holds', 'settle.sql', 'h.expires_on > at', 'h.expires_on >= at'],
])('%s is copied again for each app, and for each shard', async (name, file, from, to) => {
  edit(file, from, to)
  const script = await changeOf(project.root)
  expect(statementsOf(script)).toEqual([`CREATE OR REPLACE FUNCTION ledger.${name}`])
  expect(script).toMatch(/^SELECT ledger\.make_functions\(app\) FROM ledger\.apps;$/m)
})

test('rights belong to a function: a replacement grants a right, and only a migration by hand revokes one', async () => {
  const before = readFileSync(fileOf('clock.sql'), 'utf8')
  const grant = 'GRANT EXECUTE ON FUNCTION ledger.now TO PUBLIC;'
  writeFileSync(fileOf('clock.sql'), `${before}\n${grant}\n`)
  const change = await changeOf(project.root)
  expect(statementsOf(change)).toEqual(['CREATE OR REPLACE FUNCTION ledger.now'])
  expect(change).toContain(grant)

  writeFileSync(fileOf('clock.sql'), before)
  const migration = path.join(project.root, 'prisma/migrations/20990101000000_open')
  mkdirSync(migration)
  writeFileSync(path.join(migration, 'migration.sql'), `${grant}\n`)
  await expect(changeOf(project.root)).rejects.toThrow(
    'leaves ledger.now() with other rights than a new one has. Write this migration by hand:',
  )
})

test('a function of a table that the models add is made after the table', async () => {
  writeFileSync(
    fileOf('note.sql'),
    'CREATE OR REPLACE FUNCTION ledger.note(note ledger.notes) RETURNS text LANGUAGE sql RETURN (note).text;\n',
  )
  expect(statementsOf(await changeOf(project.root, 'CREATE TABLE notes (text text)'))).toEqual([
    'CREATE OR REPLACE FUNCTION ledger.note',
  ])
})

test.each([
  [
    'begins with what is no function',
    () => writeFileSync(fileOf('kind.sql'), "CREATE TYPE ledger.kind AS ENUM ('a');\n"),
    'kind.sql begins with something else',
  ],
  [
    'has an error',
    () => edit('post.sql', 'BEGIN', 'BEGIN BEGIN'),
    'prisma/functions/post.sql: ledger.assert_accounts cannot be made',
  ],
  [
    'makes a function of another file',
    () => writeFileSync(fileOf('again.sql'), readFileSync(fileOf('clock.sql'))),
    'prisma/functions/clock.sql makes ledger.now again',
  ],
  [
    'drops what a table needs',
    () => rmSync(fileOf('metadata.sql')),
    'because other objects depend on it. Write this migration by hand:',
  ],
])('a file that %s is refused, with the reason', async (_, spoil, message) => {
  spoil()
  await expect(changeOf(project.root)).rejects.toThrow(message)
})
