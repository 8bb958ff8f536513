import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  createEmptyDatabase,
  createTestDatabase,
  startTemporaryPostgres,
  type TemporaryPostgres,
} from '@shared-ledger/postgres/testing'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { driftOf, findRoot, historyOf } from '../src/index.ts'
import { runPrisma } from '../src/migrations/prisma-cli.ts'
import { rowsOf } from './support/attached.ts'
import { answersIn, request, run, runEngine, talk } from './support/prisma.ts'

const root = findRoot()
let database: Awaited<ReturnType<typeof createTestDatabase>>
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.drop())

const changed = (change: (url: URL) => void): string => {
  const url = new URL(database.url)
  change(url)
  return url.toString()
}

test.each([
  ['a server that is not there', () => changed((url) => (url.port = '9')), 'P1001', '127.0.0.1:9'],
  [
    'a wrong password',
    () => changed((url) => (url.password = 'guess')),
    'P1000',
    'password authentication failed',
  ],
  [
    'a missing database',
    () => changed((url) => (url.pathname = '/nowhere')),
    'P1003',
    'database "nowhere" does not exist',
  ],
])('%s is an error in words, with its code and without a password', async (_, urlOf, code, words) => {
  const url = urlOf()
  const ended = await runEngine(url, ['cli', 'can-connect-to-database'])
  expect(ended.code).toBe(1)
  const last: { fields: { message: string; error_code: string } } = JSON.parse(
    ended.stderr.trim().split('\n').at(-1) ?? '',
  )
  expect(last.fields.error_code).toBe(code)
  expect(last.fields.message).toContain(words)
  expect(ended.stderr).not.toContain(new URL(url).password)
  expect(ended.stderr).not.toMatch(/\n\s+at /)
})

test('a url that is none is an error in words', async () => {
  const ended = await runEngine('mysql://root@localhost/x', ['cli', 'can-connect-to-database'])
  expect(ended.code).toBe(1)
  expect(ended.stderr).toContain('not the url of a PostgreSQL database')
})

test('the Prisma CLI says what is wrong with the database, and ends with an error', async () => {
  const { url } = inject('postgres')
  const databaseUrl = changed((changing) => (changing.port = '9'))
  const ended = await runPrisma(['migrate', 'deploy', '--config', historyOf(root, 'content').config], {
    root,
    databaseUrl,
  })
  expect(ended.exitCode).not.toBe(0)
  expect(ended.output).toContain("Can't reach database server at 127.0.0.1:9")
  expect(ended.output).not.toMatch(/\n\s+at /)
  expect(ended.output).not.toContain(new URL(url).password)
})

test('a panic of the engine is an answer, not silence', async () => {
  const ended = await runEngine(
    database.url,
    [],
    [request(1, 'debugPanic'), request(2, 'getDatabaseVersion')],
  )
  const [panic, after] = answersIn(ended)
  expect(panic).toMatchObject({
    id: 1,
    error: { data: { is_panic: false, message: expect.stringContaining('panicked') } },
  })
  expect(after).toMatchObject({ id: 2 })
})

test('a Prisma command whose engine panics ends with an error', async () => {
  const cli = path.join(
    path.dirname(createRequire(import.meta.url).resolve('prisma/package.json')),
    'build',
    'index.js',
  )
  const ended = await run(
    process.execPath,
    [cli, 'migrate', 'status', '--config', historyOf(root, 'content').config],
    {
      cwd: root,
      env: { DATABASE_URL: database.url, FORCE_PANIC_SCHEMA_ENGINE: '1' },
    },
  )
  expect(ended.code).not.toBe(0)
  expect(ended.stdout + ended.stderr).toContain("Prisma's schema engine failed")
})

test('an exception outside of any request answers the open ones and ends the engine with an error', async () => {
  const waiting = request(7, 'ensureConnectionValidity', {
    datasource: { tag: 'ConnectionString', url: database.url },
  })
  const ended = await talk(database.url, [waiting, 'this is not JSON'])
  expect(ended.code).toBe(1)
  expect(answersIn(ended)).toMatchObject([{ id: 7, error: { data: { is_panic: false } } }])
})

test('a method that there is not is refused by name', async () => {
  const [answer] = answersIn(await runEngine(database.url, [], [request(1, 'explode')]))
  expect(answer).toMatchObject({
    error: { data: { message: 'The offline schema engine has no method "explode".' } },
  })
})

test('the engine runs from a folder with a space in its name', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'shared ledger engine '))
  try {
    const home = fileURLToPath(new URL('..', import.meta.url))
    for (const name of ['bin', 'src', 'package.json']) {
      cpSync(path.join(home, name), path.join(folder, name), { recursive: true })
    }
    symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'))
    const engine = path.join(folder, 'bin', 'schema-engine.mjs')
    const ended = await runEngine(database.url, ['cli', 'can-connect-to-database'], [], engine)
    expect(ended).toMatchObject({ code: 0 })
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('the engine creates and drops databases for the CLI', async () => {
  const empty = await createEmptyDatabase()
  await empty.drop()
  const exists = () =>
    rowsOf(inject('postgres').url, 'SELECT FROM pg_database WHERE datname = $1', [empty.name])
  expect((await runEngine(empty.url, ['cli', 'create-database'])).code).toBe(0)
  expect(await exists()).toHaveLength(1)
  expect((await runEngine(empty.url, ['cli', 'drop-database'])).code).toBe(0)
  expect(await exists()).toHaveLength(0)
})

describe('on a server of its own', () => {
  let server: TemporaryPostgres
  beforeAll(async () => {
    server = await startTemporaryPostgres()
  })
  afterAll(() => server.remove())

  test.each(['ledger', 'content', 'freelance'])(
    'the migrations of %s make what its models say',
    async (name) => {
      const serverUrl = server.url('postgres')
      expect(await driftOf(historyOf(root, name), { root, serverUrl })).toBe('')
      const databases = await rowsOf(serverUrl, 'SELECT datname FROM pg_database WHERE NOT datistemplate')
      expect(databases).toEqual([{ datname: 'postgres' }]) // neither shadow nor scratch is left
    },
  )
})
