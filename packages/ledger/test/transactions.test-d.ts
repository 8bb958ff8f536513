import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { Kysely, Transaction } from 'kysely'
import type pg from 'pg'
import { describe, test } from 'vitest'
import type { PrismaClient as ContentClient } from '../../../apps/content/src/generated/prisma/client.ts'
import type { Ledger, RunSql } from '../src/index.ts'
import { fromDrizzle } from '../src/transactions/drizzle.ts'
import { fromKysely } from '../src/transactions/kysely.ts'
import { fromPg } from '../src/transactions/pg.ts'

interface Tables {
  rows: { entry_id: string; body: string }
}

declare const ledger: Ledger
declare const prisma: ContentClient
declare const pool: pg.Pool
declare const kysely: Kysely<Tables>
declare const drizzle: NodePgDatabase<{ rows: never }>

const input = { ownerId: 'o', operation: 'CREDIT_ADD', nonce: 'n' }

describe('the transaction of', () => {
  test('Prisma fits directly, a whole client does not', () => {
    void (() => prisma.$transaction((tx) => ledger.postEntry(input, { tx })))
    const extended = prisma.$extends({ name: 'log' })
    void (() => extended.$transaction((tx) => ledger.postEntry(input, { tx })))
    // @ts-expect-error a client is not a transaction
    void (() => ledger.postEntry(input, { tx: prisma }))
  })

  test('pg fits by fromPg, a pool does not', () => {
    void (async (client: pg.PoolClient, own: pg.Client) => {
      await ledger.postEntry(input, { tx: fromPg(client) })
      await ledger.postEntry(input, { tx: fromPg(own) })
      // @ts-expect-error a connection does not fit directly
      await ledger.postEntry(input, { tx: client })
    })
    // @ts-expect-error a pool gives each statement another connection
    void (() => fromPg(pool))
  })

  test('Kysely fits by fromKysely, Kysely itself does not', () => {
    void (() => kysely.transaction().execute((trx) => ledger.postEntry(input, { tx: fromKysely(trx) })))
    void (async () => {
      const trx = await kysely.startTransaction().execute()
      await ledger.postEntry(input, { tx: fromKysely(trx) })
    })
    // @ts-expect-error a database is not a transaction
    void (() => fromKysely(kysely))
    // @ts-expect-error it needs fromKysely
    void ((trx: Transaction<Tables>) => ledger.postEntry(input, { tx: trx }))
  })

  test('Drizzle fits by fromDrizzle, a database does not', () => {
    void (() => drizzle.transaction((tx) => ledger.postEntry(input, { tx: fromDrizzle(tx) })))
    // @ts-expect-error a database is not a transaction
    void (() => fromDrizzle(drizzle))
  })

  test('another library fits by a function that returns rows', () => {
    const run: RunSql = async (text, values) => [{ text, values }]
    void (() => ledger.postEntry(input, { tx: run }))
    // @ts-expect-error rows are objects
    void (() => ledger.postEntry(input, { tx: async () => [1] }))
  })
})
