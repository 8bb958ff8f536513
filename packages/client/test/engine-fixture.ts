import type { OperationOf } from '@shared-ledger/ledger'
import { startServer } from '@shared-ledger/server'
import { pino } from 'pino'
import { afterAll } from 'vitest'
import { type allOperations, buildSchema } from '../../plugin-ledger/test/build-schema.ts'
import { openGames } from '../../plugin-ledger/test/open-games.ts'
import { createLedgerClient, type LedgerClientOptions } from '../src/index.ts'
import { startProxy } from './proxy.ts'

/** The operations of an app whose graph has every part. */
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

/**
 * Starts a proxy in front of a server whose graph has every part, with a client, and with owners that no other test of
 * the file uses.
 */
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
    /** Gives an owner credits, without passing the proxy's faults. */
    async give(ownerId: string, amount: number, metadata: Readonly<Record<string, string>> = {}) {
      const nonce = crypto.randomUUID()
      const result = await ledger.postEntry({ ownerId, operation: 'CREDIT_ADD', amount, nonce, metadata })
      if (!result.ok) throw result.error
      return result.entry
    },
    /** Returns the balances of owners, without passing the proxy's faults. */
    amounts: (...ownerIds: string[]) =>
      Promise.all(ownerIds.map(async (ownerId) => (await ledger.balance(ownerId)).amount)),
    /** Returns how many entries and holds there are. */
    async count(): Promise<number> {
      const { rows } = await sql.query(
        'SELECT ((SELECT count(*) FROM ledger.entries) + (SELECT count(*) FROM ledger.holds))::int AS count',
      )
      return rows[0].count
    },
  }
}

export type Engine = Awaited<ReturnType<typeof startEngine>>
