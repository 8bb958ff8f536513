import { createTestDatabase } from '@shared-ledger/postgres/testing'
import { startServer } from '@shared-ledger/server'
import pg from 'pg'
import { pino } from 'pino'
import { afterAll } from 'vitest'
import { createFreelanceApp } from '../src/app.ts'

/** The freelance app over real HTTP, on a database of this test file's own. */
export async function startFreelance() {
  const database = await createTestDatabase()
  const server = await startServer({
    ...createFreelanceApp(database.url, pino({ level: 'silent' })),
    port: 0,
  })
  const sql = new pg.Client({ connectionString: database.url })
  await sql.connect()
  afterAll(async () => {
    await server.close()
    await sql.end()
    await database.drop()
  })

  /** Sends a JSON body by POST and answers the status and the JSON that came back. */
  const post = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(server.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
    return { status: response.status, headers: response.headers, body: await response.json() }
  }

  return { url: server.url, post, sql }
}
