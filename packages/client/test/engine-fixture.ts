import type { OperationOf } from '@shared-ledger/ledger'
import { startServer } from '@shared-ledger/server'
import { pino } from 'pino'
import { afterAll } from 'vitest'
import { type allOperations, buildSchema } from '../../plugin-ledger/test/build-schema.ts'
import { openGames } from '../../plugin-ledger/test/open-games.ts'
import { createLedgerClient, type LedgerClientOptions } from '../src/index.ts'
import { startProxy } from './proxy.ts'

/** The operations of the app whose graph has all that it can have. */
export type EngineOperation = OperationOf<typeof allOperations>

const { sql, ledger } = await openGames()
const server = await startServer({
  app: 'games',
  ledger: { ...ledger, close: async () => {} }, // openGames closes it, after the server
  schema: buildSchema(ledger),
  logger: pino({ level: 'silent' }),
  port: 0,
})
afterAll(() => server.close())

let count = 0

/** A proxy before a server whose graph has all that it can have, a client of it, and owners whom no other test of the file knows. */
export async function startEngine() {
  const proxy = await startProxy(server.url)
  const test = ++count
  const clientOf = (options: Partial<LedgerClientOptions> = {}) =>
    createLedgerClient<EngineOperation>({
      url: `${proxy.url}/graphql`,
      retry: { baseDelayMs: 1 },
      ...options,
    })
  const client = clientOf()

  return {
    ...proxy,
    client,
    clientOf,
    ada: `ada ${test}`,
    bob: `bob ${test}`,
    /** Gives an owner credits, past faults. */
    async give(ownerId: string, amount: number, metadata: Readonly<Record<string, string>> = {}) {
      const nonce = crypto.randomUUID()
      const result = await ledger.postEntry({ ownerId, operation: 'CREDIT_ADD', amount, nonce, metadata })
      if (!result.ok) throw result.error
      return result.entry
    },
    /** What owners have, past faults. */
    amounts: (...ownerIds: string[]) =>
      Promise.all(ownerIds.map(async (ownerId) => (await ledger.balance(ownerId)).amount)),
    /** How many entries and holds there are. */
    async count(): Promise<number> {
      const { rows } = await sql.query(
        'SELECT ((SELECT count(*) FROM ledger.entries) + (SELECT count(*) FROM ledger.holds))::int AS count',
      )
      return rows[0].count
    },
  }
}

export type Engine = Awaited<ReturnType<typeof startEngine>>
