import { createTestDatabase } from '@shared-ledger/postgres/testing'
import { startServer } from '@shared-ledger/server'
import pg from 'pg'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import { app as contentApp } from '../apps/content/src/app.ts'

const { isCluster } = inject('postgres')
const database = await createTestDatabase()
const sql = new pg.Client({ connectionString: database.url })
const role = `reader_${database.name}`
const password = crypto.randomUUID()

beforeAll(async () => {
  await sql.connect()
  await sql.query(
    `CREATE ROLE ${role} LOGIN BYPASSRLS PASSWORD ${pg.escapeLiteral(password)};
     GRANT USAGE ON SCHEMA ledger TO ${role};
     GRANT SELECT ON ALL TABLES IN SCHEMA ledger TO ${role};
     GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ledger TO ${role};
     REVOKE EXECUTE ON FUNCTION ledger.post_content, ledger.append_content, ledger.try_content FROM ${role}`,
  )
})
afterAll(async () => {
  await sql.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`)
  await sql.end()
  await database.drop()
})

/** Serves the content app from a url. */
async function serve(databaseUrl: string) {
  const logger = pino({ level: 'silent' })
  const server = await startServer({ ...contentApp.open(databaseUrl, logger), port: 0 })
  const ask = async (path: string, body?: object) => {
    const headers = { 'content-type': 'application/json' }
    const post = { method: 'POST', headers, body: JSON.stringify(body) }
    const response = await fetch(server.url + path, body && post)
    return { status: response.status, body: await response.json() }
  }
  return { ask, close: server.close }
}

// Behind a coordinator whose session is read-only, the nodes still write: each node needs the setting.
const setOnEachNode = (setting: string) =>
  database.onEachNode(`SET TRANSACTION READ WRITE; ALTER DATABASE ${database.name} ${setting}`)

/** Each transaction is read-only by default, as on a standby, or for a role or database with that setting. */
const readOnly = async () => {
  if (isCluster) {
    await setOnEachNode('SET default_transaction_read_only = on')
    onTestFinished(async () => {
      await setOnEachNode('RESET default_transaction_read_only')
    })
    return database.url
  }
  const url = new URL(database.url)
  url.searchParams.set('options', '-c default_transaction_read_only=on')
  return url.href
}
const asReader = async () => {
  const url = new URL(database.url)
  url.username = role
  url.password = password
  return url.href
}

const credits = { owner_id: 'ada', operation: 'CREDIT_ADD', amount: 5, nonce: 'credits' }

describe.each([
  ['read-only', readOnly, /takes no writes now: it, or its role, is read-only/],
  ['open to a role that may not post', asReader, /role lacks a right/],
])('a database that is %s', (_what, urlOf, message) => {
  test('serves reads, and says for postings and in its health what is wrong', async () => {
    const writing = await serve(database.url)
    expect((await writing.ask('/ledger', credits)).status).toBeOneOf([200, 409])
    expect(await writing.ask('/health')).toEqual({ status: 200, body: { status: 'healthy' } })
    await writing.close()

    // Such a role may not know whether keys were made, so the setting says how callers are identified.
    vi.stubEnv('LEDGER_AUTH', 'none')
    const reading = await serve(await urlOf())
    vi.unstubAllEnvs()
    expect(await reading.ask('/health')).toEqual({ status: 200, body: { status: 'read-only' } })
    expect(await reading.ask('/balance/ada')).toMatchObject({ status: 200, body: { balance: 5 } })
    const refused = {
      status: 503,
      body: { code: 'DATABASE_UNAVAILABLE', detail: expect.stringMatching(message) },
    }
    expect(await reading.ask('/ledger', { ...credits, nonce: 'more' })).toMatchObject(refused)
    const content = { owner_id: 'ada', title: 'T', body: 'B', nonce: 'content' }
    expect(await reading.ask('/content', content)).toMatchObject(refused)
    await reading.close()
  })
})
