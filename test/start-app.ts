import { createTestDatabase } from '@shared-ledger/postgres/testing'
import { type ServeOptions, startServer } from '@shared-ledger/server'
import pg from 'pg'
import { type Logger, pino } from 'pino'
import { afterAll } from 'vitest'

/** Starts an app over real HTTP, on a database of this test file. */
export async function startApp(createApp: (databaseUrl: string, logger: Logger) => ServeOptions) {
  const database = await createTestDatabase()
  const logger = pino({ level: 'silent' })
  const server = await startServer({ ...createApp(database.url, logger), logger, port: 0 })
  const sql = new pg.Client({ connectionString: database.url })
  await sql.connect()
  afterAll(async () => {
    await server.close()
    await sql.end()
    await database.drop()
  })

  /** Sends a JSON body by POST and returns the status and the JSON of the answer. */
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
