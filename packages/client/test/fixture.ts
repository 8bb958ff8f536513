import type { OperationOf } from '@shared-ledger/ledger'
import { createTestDatabase } from '@shared-ledger/postgres/testing'
import { startServer } from '@shared-ledger/server'
import { pino } from 'pino'
import { afterAll } from 'vitest'
import { type NotesOperations, openNotes } from '../../rest/test/notes-app.ts'
import { startProxy } from './proxy.ts'

/** The operations of the app that the client talks to. */
export type FixtureOperation = OperationOf<NotesOperations>

const database = await createTestDatabase()
export const { pool, ledger, schema } = openNotes(database.url)

const server = await startServer({
  app: 'content',
  ledger,
  schema,
  logger: pino({ level: 'silent' }),
  port: 0,
  close: () => pool.end(),
})
afterAll(async () => {
  await server.close()
  await database.drop()
})

let count = 0

/** Starts a proxy in front of the app's server, with an owner that no other test of the file uses. */
export async function startFixture() {
  const proxy = await startProxy(server.url)
  const ownerId = `ada-${++count}`
  return {
    ...proxy,
    url: `${proxy.url}/graphql`,
    ownerId,
    /** Returns the owner's entries in the database, oldest first. */
    async entries(): Promise<{ nonce: string; operation: string; amount: number }[]> {
      const statement =
        'SELECT nonce, operation, amount::int FROM ledger.entries WHERE owner_id = $1 ORDER BY seq'
      return (await pool.query(statement, [ownerId])).rows
    },
  }
}
