import { PrismaPg } from '@prisma/adapter-pg'
import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { CompiledQuery, Kysely, type KyselyPlugin, PostgresDialect } from 'kysely'
import pg from 'pg'
import { afterAll } from 'vitest'
import { prismaOptions } from '../../src/database/database.ts'
import { PrismaClient } from '../../src/generated/prisma/client.ts'
import type { PrismaTransactions, RunTransaction, TransactionClient } from '../../src/index.ts'
import { fromDrizzle } from '../../src/transactions/drizzle.ts'
import { fromKysely } from '../../src/transactions/kysely.ts'
import { fromPg, transactionsOf } from '../../src/transactions/pg.ts'

/** A transaction of some library, for the tests. */
export interface Tx {
  /** What is passed to the ledger. */
  readonly tx: TransactionClient
  /** Runs a statement of the app, as the library does. */
  readonly run: (statement: string) => PromiseLike<unknown>
}

/** One library's transactions on one kind of pool. */
export interface Way {
  readonly name: string
  readonly transactions: RunTransaction<Tx>
}

/** An app's own pool beside the ledger's, with PostgreSQL's settings and node-postgres' connections. */
export function plainPool(url: string, config: pg.PoolConfig = {}): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: 5, ...config })
  pool.on('error', () => {})
  afterAll(() => pool.end())
  return pool
}

function prismaWay(prisma: PrismaTransactions<PrismaTx>): RunTransaction<Tx> {
  return (work) =>
    prisma.$transaction((tx) => work({ tx, run: (statement) => tx.$executeRawUnsafe(statement) }))
}

type PrismaTx = Parameters<Parameters<PrismaClient['$transaction']>[0]>[0]

export function pgWay(pool: pg.Pool): RunTransaction<Tx> {
  const run = transactionsOf(pool)
  return (work) => run((client) => work({ tx: fromPg(client), run: (statement) => client.query(statement) }))
}

export function kyselyWay(pool: pg.Pool, plugins: KyselyPlugin[] = []): RunTransaction<Tx> {
  const db = new Kysely<object>({ dialect: new PostgresDialect({ pool }), plugins })
  return (work) =>
    db
      .transaction()
      .execute((trx) =>
        work({ tx: fromKysely(trx), run: (statement) => trx.executeQuery(CompiledQuery.raw(statement)) }),
      )
}

export function drizzleWay(pool: pg.Pool): RunTransaction<Tx> {
  const db = drizzle({ client: pool })
  return (work) =>
    db.transaction((tx) => work({ tx: fromDrizzle(tx), run: (statement) => tx.execute(sql.raw(statement)) }))
}

/** A library that the ledger does not know: a function that runs a statement. */
function functionWay(pool: pg.Pool): RunTransaction<Tx> {
  const run = transactionsOf(pool)
  return (work) =>
    run((client) =>
      work({
        tx: async (text, values) => (await client.query(text, values)).rows,
        run: (statement) => client.query(statement),
      }),
    )
}

/** Every library on the ledger's pool, and on a pool of its own. */
export function waysOf({ pool, url }: { readonly pool: pg.Pool; readonly url: string }) {
  const foreign = plainPool(url)
  const prisma = new PrismaClient(prismaOptions(pool, { schema: 'ledger' }))
  const foreignPrisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: url }) })
  afterAll(() => Promise.all([prisma.$disconnect(), foreignPrisma.$disconnect()]))
  const ours: Way[] = [
    { name: 'Prisma', transactions: prismaWay(prisma) },
    { name: 'pg', transactions: pgWay(pool) },
    { name: 'Kysely', transactions: kyselyWay(pool) },
    { name: 'Drizzle', transactions: drizzleWay(pool) },
    { name: 'a function', transactions: functionWay(pool) },
  ]
  const theirs: Way[] = [
    { name: 'Prisma over a pool of its own', transactions: prismaWay(foreignPrisma) },
    { name: 'pg over a plain pool', transactions: pgWay(foreign) },
    { name: 'Kysely over a plain pool', transactions: kyselyWay(foreign) },
    { name: 'Drizzle over a plain pool', transactions: drizzleWay(foreign) },
  ]
  return { ours, theirs, all: [...ours, ...theirs] }
}
