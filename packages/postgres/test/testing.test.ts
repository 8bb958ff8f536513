import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createEmptyDatabase, createTestDatabase } from '@shared-ledger/postgres/testing'
import pg from 'pg'
import { afterAll, expect, test } from 'vitest'
import { rowsOf } from './support/attached.ts'

const databases: { drop(): Promise<void> }[] = []
afterAll(() => Promise.all(databases.map((database) => database.drop())))

test('copies of the template, many at once, hold the ledger and every app, and nothing of each other', async () => {
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

test('a dropped database is gone, with the connections on it', async () => {
  const database = await createEmptyDatabase()
  const connection = new pg.Client({ connectionString: database.url })
  connection.on('error', () => {})
  await connection.connect()
  await database.drop()
  await expect(connection.query('SELECT')).rejects.toThrow()
  await expect(rowsOf(database.url, 'SELECT')).rejects.toMatchObject({ code: '3D000' })
})

test('a run that is killed with -9 leaves neither its server nor its folder behind', async () => {
  const source = fileURLToPath(new URL('../src/testing/temporary-postgres.ts', import.meta.url))
  const script = `const { startTemporaryPostgres } = await import(${JSON.stringify(source)})
    const server = await startTemporaryPostgres()
    console.log(JSON.stringify({ url: server.url('postgres'), home: server.placement.home }))
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script])
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  const { url, home }: { url: string; home: string } = JSON.parse(line)
  expect(await rowsOf(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  child.kill('SIGKILL')
  while (existsSync(home)) await sleep(20)
  await expect(rowsOf(url, 'SELECT')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})
