import type { Kysely, Transaction } from 'kysely'
import type pg from 'pg'
import { describe, expectTypeOf, test } from 'vitest'
import type { PrismaClient as ContentClient } from '../../../apps/content/src/generated/prisma/client.ts'
import type { Ledger, LedgerBalance, LedgerEntry, LedgerHold, LedgerTransaction } from '../src/index.ts'
import { fromKysely } from '../src/transactions/kysely.ts'
import { fromPg, transactionsOf } from '../src/transactions/pg.ts'

interface Tables {
  rows: { entry_id: string; body: string }
}

declare const ledger: Ledger
declare const prisma: ContentClient
declare const pool: pg.Pool
declare const kysely: Kysely<Tables>

const input = { ownerId: 'o', operation: 'CREDIT_ADD', nonce: 'n' }
type Row = { readonly body: string }

describe('once', () => {
  test('returns the result of the command, the row, and whether it existed before', () => {
    void (async () => {
      const one = await ledger.once(prisma, {
        post: (tx) => ledger.postEntry(input, { tx }),
        write: (tx, { entry }) =>
          tx.content.create({ data: { ownerId: 'o', title: '', body: '', entryId: BigInt(entry.id) } }),
        find: ({ entry }) => prisma.content.findUnique({ where: { entryId: BigInt(entry.id) } }),
      })
      expectTypeOf(one.entry).toEqualTypeOf<LedgerEntry>()
      expectTypeOf(one.balance).toEqualTypeOf<LedgerBalance>()
      expectTypeOf(one.row.title).toEqualTypeOf<string>()
      expectTypeOf(one.replayed).toEqualTypeOf<boolean>()
    })
  })

  test('passes the transaction of each library', () => {
    const row = async (): Promise<Row> => ({ body: '' })
    void (async () => {
      const held = await ledger.once(transactionsOf(pool), {
        post: (client) => ledger.holdCredits({ ...input, expiresIn: 1 }, { tx: fromPg(client) }),
        write: async (client) => {
          expectTypeOf(client).toEqualTypeOf<pg.PoolClient>()
          return row()
        },
        find: row,
      })
      expectTypeOf(held.hold).toEqualTypeOf<LedgerHold>()
      expectTypeOf(held.row).toEqualTypeOf<Row>()

      const inKysely = <Result>(work: (trx: Transaction<Tables>) => Promise<Result>) =>
        kysely.transaction().execute(work)
      const moved = await ledger.once(inKysely, {
        post: (trx) =>
          ledger.transfer({ from: 'a', to: 'b', amount: 1, nonce: 'n' }, { tx: fromKysely(trx) }),
        write: (trx) =>
          trx
            .insertInto('rows')
            .values({ entry_id: '1', body: '' })
            .returning('body')
            .executeTakeFirstOrThrow(),
        find: async () => null,
      })
      expectTypeOf(moved.transaction).toEqualTypeOf<LedgerTransaction>()
      expectTypeOf(moved.balances).toEqualTypeOf<readonly LedgerBalance[]>()
      expectTypeOf(moved.row).toEqualTypeOf<{ body: string }>()
    })
  })

  test('accepts no command without a nonce, no other result and no other row', () => {
    void (() =>
      ledger.once(prisma, {
        // @ts-expect-error an overdraft has no nonce
        post: (tx) => ledger.setOverdraft({ ownerId: 'o', limit: 1 }, { tx }),
        write: async () => 1,
        find: async () => 1,
      }))
    void (() =>
      ledger.once(prisma, {
        // @ts-expect-error posted outside the transaction
        post: () => ledger.postEntry(input),
        write: async () => 1,
        find: async () => 1,
      }))
    void (() =>
      ledger.once(prisma, {
        post: (tx) => ledger.postEntry(input, { tx }),
        write: async (): Promise<Row> => ({ body: '' }),
        // @ts-expect-error a replay must find the same type as is written
        find: async (): Promise<string | null> => null,
      }))
  })

  test('`find` may find nothing, `write` always returns a row', () => {
    const maybe = async (): Promise<Row | undefined> => undefined
    void (async () => {
      const one = await ledger.once(prisma, {
        post: (tx) => ledger.postEntry(input, { tx }),
        write: async (): Promise<Row> => ({ body: '' }),
        find: maybe,
      })
      expectTypeOf(one.row).toEqualTypeOf<Row>()
    })
    void (() =>
      ledger.once(prisma, {
        post: (tx) => ledger.postEntry(input, { tx }),
        // @ts-expect-error undefined is no row
        write: maybe,
        find: maybe,
      }))
    void (() =>
      ledger.once(prisma, {
        post: (tx) => ledger.postEntry(input, { tx }),
        // @ts-expect-error null is no row
        write: async (): Promise<Row | null> => null,
        find: maybe,
      }))
  })

  test('without rows only posts', () => {
    void (async () => {
      const one = await ledger.once({ post: () => ledger.postEntry(input) })
      expectTypeOf(one.entry).toEqualTypeOf<LedgerEntry>()
      expectTypeOf(one.replayed).toEqualTypeOf<boolean>()
      // @ts-expect-error there is no row
      void one.row
    })
  })
})
