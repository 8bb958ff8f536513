import { PrismaPg } from '@prisma/adapter-pg'
import type pg from 'pg'
import { PrismaClient } from '../generated/prisma/client.ts'
import { readBounds } from './bounds.ts'
import { LedgerConnection } from './connection.ts'
import { poolSize } from './connections.ts'
import { connectionTo } from './session/connection.ts'
import { directUrl } from './session/pooler.ts'
import { lostClientSettings, sessionBounds } from './session/settings.ts'
import { closeSilent } from './silent-connections.ts'
import { TracedPool } from './traced-pool.ts'

/**
 * How long a connection may be idle. One that a network loses meanwhile is noticed by nobody: until it is closed, a statement
 * may still be given it, and waits for its bound.
 */
const idleConnectionMs = 5_000

/**
 * A pool of connections that the ledger and the app's own Prisma client share.
 * Connections are opened when they are needed; a lost one is replaced, and its loss ends no process. Each wait has a
 * bound, whatever becomes of the database: 10 s for a lock, 12 s for a statement, unless REQUEST_TIMEOUT_MS is set.
 *
 * @throws Error on what is not the url of a PostgreSQL database.
 */
export function createPool(databaseUrl: string): pg.Pool {
  const bounds = readBounds()
  const pool = new TracedPool({
    ...connectionTo(databaseUrl, lostClientSettings),
    Client: LedgerConnection,
    max: poolSize,
    connectionTimeoutMillis: bounds.connection,
    idleTimeoutMillis: idleConnectionMs,
    ...sessionBounds(bounds),
    query_timeout: bounds.query,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  })
  // An idle connection that is lost must not end the process: the next query opens another.
  pool.on('error', () => {})
  closeSilent(pool)
  // Prisma gives a connection back also where it could not end its transaction: nobody may go on in that one.
  pool.on('release', (_error, client) => {
    if (client.getTransactionStatus() !== 'I') void client.end()
  })
  return pool
}

/**
 * The options of an app's own Prisma client over a pool: `new PrismaClient(prismaOptions(pool, { schema: app }))`. With
 * them its transactions are bounded, too, and one of them in which an error was swallowed fails instead of claiming that
 * it was committed.
 */
export function prismaOptions(pool: pg.Pool, { schema }: { readonly schema: string }) {
  const { connection, transaction } = readBounds()
  // What one of a pooler's connections has prepared, the next statement may miss.
  const prepares = !directUrl() && {
    statementNameGenerator: ({ sql }: { sql: string }) => statementName(sql),
  }
  return {
    adapter: new PrismaPg(pool, { schema, ...prepares }),
    transactionOptions: { maxWait: connection, timeout: transaction },
  }
}

/** How a connection outside a pool is opened to its database: past a pooler, since it listens. */
export function listenerOptions({ options }: pg.Pool): pg.ClientConfig {
  const direct = directUrl()
  if (!direct) return options
  const { connectionTimeoutMillis, query_timeout, keepAlive, keepAliveInitialDelayMillis } = options
  const bounds = { connectionTimeoutMillis, query_timeout, keepAlive, keepAliveInitialDelayMillis }
  return { ...connectionTo(direct, lostClientSettings), ...bounds }
}

/** The ledger's own Prisma client over a pool. */
export function createLedgerClient(pool: pg.Pool): PrismaClient {
  return new PrismaClient(prismaOptions(pool, { schema: 'ledger' }))
}

/**
 * The name of a statement that each connection prepares once; '': none. Reads of balances gain by it. Postings gain too
 * little, and reads of entries would lose: a plan that is kept is one for any app, and locks the partitions of all.
 */
function statementName(sql: string): string {
  return balances.test(sql) ? 'ledger.balances' : ''
}

const balances = /^\s*SELECT ledger\.balances\(/

export type { PrismaClient }
