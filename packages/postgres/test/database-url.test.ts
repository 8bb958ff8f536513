import { chownSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createPool } from '@shared-ledger/ledger'
import { databaseOf } from '@shared-ledger/ledger/session'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withConnection } from '../src/connection.ts'
import { withDatabase, withSchema, withServer } from '../src/database-url.ts'
import { serverUser } from '../src/embedded/server-user.ts'
import { migrate } from '../src/migrations/migrate.ts'
import { findRoot } from '../src/project.ts'
import { startTemporaryPostgres, type TemporaryPostgres } from '../src/testing/index.ts'

const odd = 'a@b/c d%40?#"\'é'
const sockets = mkdtempSync(path.join(tmpdir(), 'shared ledger sockets '))
let postgres: TemporaryPostgres
/** The server's url, over its Unix socket in both forms, and over TCP. */
let urls: string[]

beforeAll(async () => {
  const user = serverUser(sockets)
  if (user) chownSync(sockets, user.uid, user.gid)
  postgres = await startTemporaryPostgres({ settings: { unix_socket_directories: `"${sockets}"` } })
  const tcp = new URL(postgres.url(odd))
  const [login, rest] = [`${tcp.username}:${tcp.password}`, tcp.pathname]
  const folder = encodeURIComponent(sockets)
  urls = [
    tcp.href,
    `postgresql://${login}@${folder}:${tcp.port}${rest}`,
    `postgres://${login}@${rest}?host=${folder}&port=${tcp.port}`,
  ]
})
afterAll(async () => {
  await postgres?.remove()
  rmSync(sockets, { recursive: true, force: true })
})

test('a database with any name is created and migrated over a Unix socket, and every url opens it', async () => {
  const [, , byParameter = ''] = urls
  await migrate({ databaseUrl: byParameter, root: findRoot(), apps: [], log: () => {} })
  for (const url of urls) {
    const asked = "SELECT current_database() AS name, to_regclass('ledger.entries') IS NOT NULL AS migrated"
    const answer = { rows: [{ name: odd, migrated: true }] }
    expect(await withConnection(url, (connection) => connection.query(asked))).toMatchObject(answer)
    const pool = createPool(url)
    expect(await pool.query(asked)).toMatchObject(answer)
    await pool.end()
  }
})

test('another server keeps the login, the database and the other parameters', () => {
  const tcp = 'postgresql://ann:p%40ss@here:5432/books?sslmode=require'
  const [server, socket] = [
    { host: '::1', port: 5433 },
    { host: '/run/my sockets', port: 5434 },
  ]
  expect(withServer(tcp, server)).toBe('postgresql://ann:p%40ss@[::1]:5433/books?sslmode=require')
  const local = 'postgres://ann@/books?host=%2Frun&port=1&application_name=a'
  expect(withServer(local, socket)).toBe('postgres://ann@%2Frun%2Fmy%20sockets:5434/books?application_name=a')
  expect(withServer('postgresql:///books', server)).toBe('postgresql://[::1]:5433/books')
})

test('another database or Prisma schema changes only that part of a url', () => {
  for (const url of urls) {
    expect(databaseOf(withDatabase(url, 'x/y'))).toBe('x/y')
    expect(databaseOf(withSchema(url, 'content'))).toBe(odd)
    expect(withSchema(withSchema(url, 'ledger'), 'content').match(/schema=[a-z]+/g)).toEqual([
      'schema=content',
    ])
  }
})
