import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createEmptyDatabase, createTestDatabase } from '@shared-ledger/postgres/testing'
import pg from 'pg'
import { afterAll, expect, test, vi } from 'vitest'
import { keepIn, restoreFrom, templateCacheOf } from '../src/testing/template-cache.ts'
import { watch } from '../src/testing/watch.ts'
import { rowsOf } from './support/attached.ts'

const databases: { drop(): Promise<void> }[] = []
afterAll(() => Promise.all(databases.map((database) => database.drop())))

test('copies of the template, many at once, have the ledger and every app, and nothing of each other', async () => {
  const copies = await Promise.all(Array.from({ length: 6 }, createTestDatabase))
  databases.push(...copies)
  expect(new Set(copies.map(({ name }) => name)).size).toBe(6)
  await rowsOf(copies[0]!.url, `INSERT INTO ledger.apps (app, operations) VALUES ('only_here', '{}')`)
  for (const copy of copies.slice(1)) {
    const apps = await rowsOf(copy.url, 'SELECT app FROM ledger.apps ORDER BY app')
    expect(apps).toEqual([{ app: 'content' }, { app: 'freelance' }])
  }
})

test('an empty database has no ledger', async () => {
  const empty = await createEmptyDatabase()
  databases.push(empty)
  expect(await rowsOf(empty.url, `SELECT to_regnamespace('ledger') AS ledger`)).toEqual([{ ledger: null }])
})

test('a dropped database is gone, and its connections are closed', async () => {
  const database = await createEmptyDatabase()
  const connection = new pg.Client({ connectionString: database.url })
  connection.on('error', () => {})
  await connection.connect()
  await database.drop()
  await expect(connection.query('SELECT')).rejects.toThrow()
  await expect(rowsOf(database.url, 'SELECT')).rejects.toMatchObject({ code: '3D000' })
})

test('a run that is killed with -9 leaves neither its server nor its folder behind', async () => {
  const module = fileURLToPath(new URL('../src/testing/temporary-postgres.ts', import.meta.url))
  const script = `const { startTemporaryPostgres } = await import(${JSON.stringify(module)})
    const server = await startTemporaryPostgres()
    console.log(JSON.stringify({ url: server.url('postgres'), home: server.placement.home }))
    setInterval(() => {}, 1000)`
  const source = ['--conditions=@shared-ledger/source', '--import', 'tsx']
  const child = spawn(process.execPath, [...source, '--input-type=module', '--eval', script])
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  const { url, home }: { url: string; home: string } = JSON.parse(line)
  expect(await rowsOf(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  child.kill('SIGKILL')
  while (existsSync(home)) await sleep(20)
  await expect(rowsOf(url, 'SELECT')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

test('after a killed run, an unrelated process whose id is in a lock file stays alive', async () => {
  const data = mkdtempSync(path.join(tmpdir(), 'shared-ledger-test-'))
  const stranger = spawn('sleep', ['60'])
  writeFileSync(path.join(data, 'postmaster.pid'), `${stranger.pid}\n${data}\n0\n54320\n`)
  watch(data, [data])() // as at the end of the run
  while (existsSync(data)) await sleep(20)
  expect([stranger.exitCode, stranger.signalCode]).toEqual([null, null])
  stranger.kill()
})

test('the data of a cached template is closed to others, as PostgreSQL demands', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'shared-ledger-test-'))
  const [before, after] = ['before', 'after'].map((name) => {
    const home = path.join(folder, name)
    mkdirSync(path.join(home, 'data'), { recursive: true })
    return { programs: folder, home, user: undefined }
  })
  writeFileSync(path.join(before!.home, 'password'), 'secret')
  chmodSync(path.join(before!.home, 'data'), 0o700)
  const cache = path.join(folder, 'cache', 'postgres')
  keepIn(cache, before!)
  expect(restoreFrom(cache, after!)).toBe(true)
  expect(statSync(path.join(after!.home, 'data')).mode & 0o777).toBe(0o700)
  rmSync(folder, { recursive: true })
})

test.each([{ DATABASE_USER: 'another' }, { INITDB_OPTIONS: ['--encoding=UTF8'] }])(
  'the kept template is not that of a cluster with %j',
  async (other) => {
    const root = fileURLToPath(new URL('../../..', import.meta.url))
    vi.resetModules()
    vi.doMock('../src/embedded/initialise.ts', async (original) => ({ ...(await original()), ...other }))
    const anew = await import('../src/testing/template-cache.ts')
    vi.doUnmock('../src/embedded/initialise.ts')
    expect(path.dirname(anew.templateCacheOf(root))).toBe(path.dirname(templateCacheOf(root)))
    expect(anew.templateCacheOf(root)).not.toBe(templateCacheOf(root))
  },
)
