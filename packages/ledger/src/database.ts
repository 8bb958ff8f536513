import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { poolSize } from './connections.ts'
import { PrismaClient } from './generated/prisma/client.ts'

/** What the ledger needs of an app's Prisma transaction: any Prisma client's `tx` has it. */
export interface TransactionClient {
  $queryRaw<Result = unknown>(query: TemplateStringsArray, ...values: unknown[]): PromiseLike<Result>
}

/** How long what waits for a lock does so before it is given up. */
export const lockTimeoutMs = 10_000

/**
 * A pool of connections that the ledger and the app's own Prisma client share.
 * Connections are opened when they are needed; a lost one is replaced. What waits 10 s for a lock is given up.
 */
export function createPool(databaseUrl: string): pg.Pool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: poolSize,
    connectionTimeoutMillis: 5_000,
    lock_timeout: lockTimeoutMs,
    application_name: 'shared-ledger',
  })
  // An idle connection that is lost must not end the process: the next query opens another.
  pool.on('error', () => {})
  return pool
}

/** The ledger's own Prisma client over a pool. */
export function createLedgerClient(pool: pg.Pool): PrismaClient {
  return new PrismaClient({
    adapter: new PrismaPg(pool, {
      schema: 'ledger',
      statementNameGenerator: ({ sql }) => statementName(sql),
    }),
  })
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
