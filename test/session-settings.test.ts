// Whatever the role and the database set, a session has the settings that we rely on.
import { createLedgerClient } from '@shared-ledger/client'
import type { sessionSettings } from '@shared-ledger/ledger/session'
import { verifyLedger } from '@shared-ledger/ledger/verify'
import { checkMigrations, findRoot, migrate, withConnection } from '@shared-ledger/postgres'
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '@shared-ledger/postgres/testing'
import { type DefinedApp, startServer } from '@shared-ledger/server'
import pg from 'pg'
import { pino } from 'pino'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { app as contentApp } from '../apps/content/src/app.ts'
import { app as freelanceApp } from '../apps/freelance/src/app.ts'

/** A value of each setting with which our code or an app's would fail. */
const hostile = {
  TimeZone: 'America/St_Johns',
  DateStyle: 'SQL, DMY',
  IntervalStyle: 'sql_standard',
  extra_float_digits: '-15',
  bytea_output: 'escape',
  client_encoding: 'LATIN1',
  standard_conforming_strings: 'off',
  array_nulls: 'off',
  transform_null_equals: 'on',
  search_path: 'hostile, pg_catalog',
  default_transaction_isolation: 'serializable',
  row_security: 'off',
  quote_all_identifiers: 'on',
} as const satisfies Record<keyof typeof sessionSettings, string>

/** Time limits that a command must not have. A pool sets its own. */
const hostileBounds = { statement_timeout: '1', lock_timeout: '1', idle_in_transaction_session_timeout: '1' }

const statementsFor = (whose: string, settings: Record<string, string>) =>
  Object.entries(settings)
    .map(([name, value]) => {
      const literal = name === 'search_path' ? value : pg.escapeLiteral(value)
      return `ALTER ${whose} SET ${name} = ${literal};`
    })
    .join('\n')

// Roles belong to the whole server, which other test files share. This one goes with its database.
const role = `hostile_${crypto.randomUUID().replaceAll('-', '')}`
const admin = await createTestDatabase()
const databases = [admin]
await withConnection(admin.url, (sql) => sql.query(`CREATE ROLE ${role} LOGIN SUPERUSER PASSWORD 'secret'`))
afterAll(async () => {
  for (const database of databases.slice(1)) await database.drop()
  await withConnection(admin.url, (sql) => sql.query(`DROP ROLE ${role}`))
  await admin.drop()
})

/** Opens the database as the role that the settings are made for, by the role or by the database. */
async function opened(database: TestDatabase, by: 'role' | 'database', settings: Record<string, string>) {
  databases.push(database)
  const whose = by === 'role' ? `ROLE ${role}` : `DATABASE ${database.name}`
  await withConnection(database.url, (sql) =>
    sql.query(`ALTER ROLE ${role} RESET ALL; ${statementsFor(whose, settings)}`),
  )
  const url = new URL(database.url)
  url.username = role
  url.password = 'secret'
  return url.href
}

async function serve(open: DefinedApp['open'], url: string) {
  const logger = pino({ level: 'silent' })
  const server = await startServer({ ...open(url, logger), port: 0 })
  onTestFinished(() => server.close())
  const send = async (path: string, body?: object) => {
    const response = await fetch(server.url + path, {
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
      headers: { 'content-type': 'application/json' },
    })
    return { status: response.status, body: await response.json() }
  }
  return { url: server.url, send }
}

const isNow = (moment: string) => Math.abs(Date.parse(moment) - Date.now()) < 60_000

/** Makes the usual calls of the apps' clients. */
async function usualCalls(url: string) {
  const freelance = await serve(freelanceApp.open, url)
  const content = await serve(contentApp.open, url)
  const add = { owner_id: 'acme', operation: 'CREDIT_ADD', amount: 80, nonce: 'é ☃ \\' }
  for (const { send } of [freelance, content]) {
    const posted = await send('/ledger', add)
    expect(posted).toMatchObject({ status: 200, body: { balance: 80, entry: { nonce: add.nonce } } })
    expect(posted.body.entry.created_on).toSatisfy(isNow)
  }
  const parties = { client_id: 'acme', freelancer_id: 'ann' }
  const { status, body } = await freelance.send('/projects', { ...parties, title: 'Logo \\ ☃', price: 50 })
  expect(status).toBe(201)
  expect(body.project).toMatchObject({ title: 'Logo \\ ☃', created_on: expect.toSatisfy(isNow) })
  const paid = await freelance.send(`/projects/${body.project.id}/pay`, { nonce: 'pay' })
  expect(paid).toMatchObject({ status: 200, body: { project: { paid_on: expect.toSatisfy(isNow) } } })
  const published = { owner_id: 'acme', title: 'T', body: 'B', nonce: 'c' }
  expect((await content.send('/content', published)).status).toBe(201)

  const client = createLedgerClient({ url: `${content.url}/graphql` })
  const list = client.entriesPosted('acme', { after: '' })
  expect((await list.next()).value).toMatchObject({ entry: { nonce: add.nonce } })
  await list.return()
  const day = 24 * 60 * 60_000
  const [from, to] = [new Date(Date.now() - day), new Date(Date.now() + day)]
  expect(await client.entries({ ownerId: 'acme', from, to })).toMatchObject({ entries: { length: 2 } })
}

describe.each(['role', 'database'] as const)('with every setting made hostile by the %s', (by) => {
  test('the apps store, read and answer as usual', async () => {
    const database = await createTestDatabase()
    await usualCalls(await opened(database, by, hostile))
    const rows = await withConnection(database.url, async (sql) => {
      const { rows } = await sql.query('SELECT created_on, paid_on FROM freelance.projects')
      return rows
    })
    expect(rows).toEqual([{ created_on: expect.toSatisfy(isNow), paid_on: expect.toSatisfy(isNow) }])
  })
})

test('migrations run and are found to be complete, and the ledger verifies, also with hostile time limits', async () => {
  const url = await opened(await createEmptyDatabase(), 'role', { ...hostile, ...hostileBounds })
  const root = findRoot(import.meta.dirname)
  await migrate({ databaseUrl: url, root, apps: ['freelance'], log: () => {} })
  expect(await checkMigrations({ root, histories: ['ledger', 'freelance'], serverUrl: url })).toEqual([])
  expect(await withConnection(url, (connection) => verifyLedger(connection))).toMatchObject({ broken: [] })
})
