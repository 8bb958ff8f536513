import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { attachEmbeddedPostgres } from '@shared-ledger/postgres'
import type { ProjectCopy } from '@shared-ledger/postgres/testing'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { type Command, command, npm, stopAll } from './support/command.ts'
import { copyStartableProject, directoryOf, isRunning, removeProject } from './support/project.ts'

// One project. The first test to run makes the database, and the others find it.
let project: ProjectCopy
const commands: Command[] = []

beforeAll(() => {
  project = copyStartableProject()
})
afterEach(() => stopAll(commands))
afterAll(() => removeProject(project))

function watched(started: Command): Command {
  commands.push(started)
  return started
}

const inContent = (...names: string[]) => path.join(project.root, 'apps', 'content', 'prisma', ...names)

test.each([
  [1, []],
  [2, ['--', '--workers', '2']],
])('SIGTERM to npm alone ends the app of %i processes and the database in order', async (count, args) => {
  const started = watched(
    npm(project.root, ['start', '-w', 'apps/content', ...args], { env: { PORT: '4999' } }),
  )
  await started.line(/^ {2}content/)
  const given = started.lines.filter((line) => /^content \d+ given .*PORT=4999/.test(line))
  expect(given).toHaveLength(count)
  started.process.kill('SIGTERM')
  await started.ended // everything that npm started has ended: each process holds its stdout
  expect(started.lines.filter((line) => line === 'content ended by SIGTERM')).toHaveLength(count)
  expect(started.lines.at(-1)).toBe('Stopping PostgreSQL …')
  expect(isRunning(project)).toBe(false)
})

test('a start whose output nobody reads any more still ends everything in order', async () => {
  const started = watched(command('start', project.root, ['content']))
  await started.line(/^ {2}content/)
  started.process.stdout?.destroy()
  started.process.stderr?.destroy()
  started.process.kill('SIGTERM')
  expect(await started.ended).toBe(0)
  expect(isRunning(project)).toBe(false)
})

test.each([
  ['server', []],
  ['worker', ['--workers', '2']],
])('a second Ctrl+C waits for no %s, and says that PostgreSQL may be left', async (_, args) => {
  const started = watched(command('start', project.root, ['content', ...args], { env: { DEAF: 'yes' } }))
  await started.line(/^ {2}content/)
  started.signalGroup('SIGINT')
  await started.line(/^content goes on/)
  await sleep(1_100) // otherwise it counts as the same Ctrl+C
  started.signalGroup('SIGINT')
  expect(await started.ended).toBe(130) // no process is left that holds its stdout
  expect(started.lines.at(-1)).toMatch(/^Ended at once: PostgreSQL may still run\./)
  expect(isRunning(project)).toBe(true)

  const next = watched(command('migrate', project.root))
  expect(await next.ended).toBe(0)
  expect(isRunning(project)).toBe(false)
})

test('Ctrl+C cancels the running migration, says what it left, and then stops the database', async () => {
  const script = inContent('migrations', '20991122000000_slow', 'migration.sql')
  mkdirSync(path.dirname(script))
  writeFileSync(script, 'CREATE TABLE slow (); SELECT pg_sleep(3600);')
  const server = await attachEmbeddedPostgres({ directory: directoryOf(project), log: () => {} })
  const started = watched(command('migrate', project.root))
  try {
    await started.line(/^Migrating the app content: .*20991122000000_slow/)
    const sleeping = `SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'`
    await vi.waitUntil(async () => (await rowsOf(server.url('postgres'), sleeping)).length > 0, {
      timeout: 120_000,
      interval: 20,
    })
    started.signalGroup('SIGINT')
    expect(await started.ended).toBe(130)
  } finally {
    await server.detach()
  }
  expect(started.lines.slice(-2)).toEqual([
    'Stopping …',
    'The migration 20991122000000_slow of the app content failed and changed nothing.',
  ])
  expect(isRunning(project)).toBe(false)

  writeFileSync(script, 'CREATE TABLE slow ();')
  const again = watched(command('migrate', project.root))
  expect(await again.ended).toBe(0)
  expect(again.lines).toContain('Migrating the app content: 20991122000000_slow …')
})

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s during migrate:new leaves neither a migration nor a scratch database',
  async (signal) => {
    const models = readFileSync(inContent('schema.prisma'), 'utf8')
    writeFileSync(inContent('schema.prisma'), `${models}\nmodel Boost {\n  id Int @id\n}\n`)
    const migrations = readdirSync(inContent('migrations'))
    const server = await attachEmbeddedPostgres({ directory: directoryOf(project), log: () => {} })
    try {
      const before = await databasesOf(server.url('postgres'))
      const started = watched(command('migrate new', project.root, ['content', 'add_boost']))
      const hasScratch = async () => (await databasesOf(server.url('postgres'))).length > before.length
      await vi.waitUntil(hasScratch, { timeout: 120_000, interval: 20 })
      started.signalGroup(signal)
      expect(await started.ended).toBe(130)
      expect(started.lines).toEqual(['Stopping …'])
      expect(await databasesOf(server.url('postgres'))).toEqual(before)
      expect(readdirSync(inContent('migrations'))).toEqual(migrations)
    } finally {
      await server.detach()
      writeFileSync(inContent('schema.prisma'), models)
    }
    expect(isRunning(project)).toBe(false)
  },
)

const databasesOf = (url: string) => rowsOf(url, 'SELECT datname FROM pg_database ORDER BY 1')

async function rowsOf(url: string, sql: string): Promise<unknown[]> {
  const connection = new pg.Client({ connectionString: url })
  await connection.connect()
  try {
    return (await connection.query(sql)).rows
  } finally {
    await connection.end()
  }
}
