import { PrismaPg } from '@prisma/adapter-pg'
import type pg from 'pg'
import { ClusterPool } from '../cluster/cluster-pool.ts'
import { PrismaClient } from '../generated/prisma/client.ts'
import { connectionName } from '../status/process-name.ts'
import { readBounds } from './bounds.ts'
import { LedgerConnection } from './connection.ts'
import { poolSize } from './connections.ts'
import { connectionTo } from './session/connection.ts'
import { hostUrls } from './session/database-url.ts'
import { directUrl } from './session/pooler.ts'
import { lostClientSettings, sessionBounds } from './session/settings.ts'
import { closeSilent } from './silent-connections.ts'

/**
 * How long a connection may be idle. Nobody notices when a network loses an idle connection, and a statement that gets
 * it would wait for its time limit.
 */
const idleConnectionMs = 5_000

/**
 * Creates a pool of connections for the ledger and the app's own Prisma client. Connections open when they are needed.
 * A lost one is replaced, and its loss ends no process. Each wait has a limit, whatever becomes of the database: 10 s
 * for a lock, 12 s for a statement, unless REQUEST_TIMEOUT_MS is set.
 *
 * A url may name several hosts. The first is the coordinator of a cluster, and the ledger sends postings of owners of
 * another host's shards to that host.
 *
 * @throws Error when the url is not one of a PostgreSQL database
 */
export function createPool(databaseUrl: string): pg.Pool {
  const [coordinator, ...others] = hostUrls(databaseUrl)
  const bounds = readBounds()
  const pool = new ClusterPool(others.map(createPool), {
    ...connectionTo(coordinator, lostClientSettings, connectionName),
    Client: LedgerConnection,
    max: poolSize,
    connectionTimeoutMillis: bounds.connection,
    idleTimeoutMillis: idleConnectionMs,
    ...sessionBounds(bounds),
    query_timeout: bounds.query,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  })
  // The loss of an idle connection must not end the process. The next query opens another one.
  pool.on('error', () => {})
  closeSilent(pool)
  // Prisma also returns a connection whose transaction it could not end. Nobody may continue in that transaction.
  pool.on('release', (_error, client) => {
    if (client.getTransactionStatus() !== 'I') void client.end()
  })
  return pool
}

/**
 * Returns the options of an app's own Prisma client on a pool. Its transactions then have time limits. A transaction in
 * which the app caught an error fails, instead of reporting a commit that did not happen.
 *
 * @example
 * ```ts
 * const prisma = new PrismaClient(prismaOptions(pool, { schema: app }))
 * ```
 */
export function prismaOptions(pool: pg.Pool, { schema }: { readonly schema: string }) {
  const { connection, transaction } = readBounds()
  // Behind a pooler, the next statement may run on a connection that has not prepared it.
  const prepares = !directUrl() && {
    statementNameGenerator: ({ sql }: { sql: string }) => statementName(sql),
  }
  return {
    adapter: new PrismaPg(pool, { schema, ...prepares }),
    transactionOptions: { maxWait: connection, timeout: transaction },
  }
}

/** Returns how to open a connection outside the pool. It bypasses a pooler, because it listens. */
export function listenerOptions({ options }: pg.Pool): pg.ClientConfig {
  const direct = directUrl()
  if (!direct) return options
  const { connectionTimeoutMillis, query_timeout, keepAlive, keepAliveInitialDelayMillis } = options
  const bounds = { connectionTimeoutMillis, query_timeout, keepAlive, keepAliveInitialDelayMillis }
  return { ...connectionTo(direct, lostClientSettings, connectionName), ...bounds }
}

/** Creates the ledger's own Prisma client on a pool. */
export function createLedgerClient(pool: pg.Pool): PrismaClient {
  return new PrismaClient(prismaOptions(pool, { schema: 'ledger' }))
}

/**
 * Returns the name under which each connection prepares a statement once, or '' for none. Reads of balances gain by it.
 * Postings gain too little. Reads of entries would lose: a kept plan is for any app, and locks the partitions of all
 * apps.
 */
function statementName(sql: string): string {
  return balances.test(sql) ? 'ledger.balances' : ''
}

const balances = /^\s*SELECT ledger\.balances\(/

export type { PrismaClient }
