import { createEmptyDatabase, createTestDatabase } from '@shared-ledger/postgres/testing'
import pg from 'pg'
import { afterAll, expect, test } from 'vitest'

const databases: { drop(): Promise<void> }[] = []
afterAll(() => Promise.all(databases.map((database) => database.drop())))

async function rowsOf(url: string, sql: string): Promise<unknown[]> {
  const connection = new pg.Client({ connectionString: url })
  await connection.connect()
  try {
    return (await connection.query(sql)).rows
  } finally {
    await connection.end()
  }
}

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
