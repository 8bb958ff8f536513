import { z } from 'zod'
import { readBounds } from '../database/bounds.ts'
import type { PrismaClient } from '../database/database.ts'
import { type Sql, sqlOf, type TransactionClient } from '../database/sql.ts'
import type { LedgerBalance, LedgerEntry, LedgerHold, LedgerTransaction, PastBalance } from '../entry.ts'
import { idSchema, momentSchema, nonceSchema, ownerIdSchema, parseInput } from '../input.ts'
import type { Operations } from '../operations/operations.ts'
import { type RowReader, transactionOf } from '../rows.ts'
import { type AccountPage, type AccountsInput, createAccountPages } from './accounts.ts'
import { createEntryPages, type EntriesInput, type EntryPage } from './entries.ts'
import type { Finders } from './finders.ts'
import { createScans } from './scans.ts'
import { createSummary, type SummaryInput, type SummaryLine } from './summary.ts'

/**
 * The reads of one app's ledger. Reads of one turn of the event loop share one query. A summary and a page of accounts
 * are each a query of their own. On a cluster, so is each page of entries.
 */
export interface LedgerReads<Operation extends string = string> {
  /** Returns the owner's balance. An unknown owner has 0. @throws ValidationError */
  balance(ownerId: string): Promise<LedgerBalance>
  /** Returns the balance after the owner's last entry up to a moment. @throws ValidationError */
  balanceAt(ownerId: string, asOf: Date): Promise<PastBalance>
  /** Returns the entry with this id, or null. @throws ValidationError */
  entry(id: string): Promise<LedgerEntry<Operation> | null>
  /** Returns the owner's entry that was posted with this nonce, or null. @throws ValidationError */
  entryByNonce(ownerId: string, nonce: string): Promise<LedgerEntry<Operation> | null>
  /**
   * Returns a page of an owner's entries: 20, or as many as `first` or `last` says, up to 100. @throws ValidationError
   */
  entries(input: EntriesInput<Operation>): Promise<EntryPage<Operation>>
  /**
   * Returns the transaction with this id and its entries, or null. With `tx` it is read in the app's own transaction,
   * which sees what it has posted itself.
   *
   * @throws ValidationError
   * @throws TypeError when `tx` is not a transaction, TransactionEndedError when it has ended, TransactionAbortedError
   *   when an error has ended it
   */
  transaction(
    id: string,
    options?: { readonly tx: TransactionClient },
  ): Promise<LedgerTransaction<Operation> | null>
  /** Returns the hold with this id, or null. @throws ValidationError */
  hold(id: string): Promise<LedgerHold<Operation> | null>
  /** Returns the owner's live holds, newest first, up to 100. @throws ValidationError */
  holds(ownerId: string): Promise<readonly LedgerHold<Operation>[]>
  /**
   * Returns counts and sums per operation and hour, day or month (UTC), for an owner or the whole app. @throws
   * ValidationError
   */
  summary(input: SummaryInput<Operation>): Promise<readonly SummaryLine<Operation>[]>
  /** Returns a page of accounts, sorted by owner. @throws ValidationError */
  accounts(input: AccountsInput): Promise<AccountPage>
}

const pastSchema = z.object({ ownerId: ownerIdSchema, asOf: momentSchema })
const keySchema = z.object({ ownerId: ownerIdSchema, nonce: nonceSchema })

/** Creates one app's reads on the ledger's client. */
export function createReads<Operation extends string>({
  app,
  operations,
  prisma,
  own,
  rows,
  find,
}: {
  readonly app: string
  readonly operations: Operations
  readonly prisma: PrismaClient
  /** The ledger's own client. */
  readonly own: Sql
  readonly rows: RowReader<Operation>
  readonly find: Finders
}): LedgerReads<Operation> {
  const scan = createScans(readBounds().connection)
  return {
    async balance(ownerId) {
      return find.balance(own, parseInput(ownerIdSchema, ownerId, 'ownerId'))
    },

    async balanceAt(ownerId, asOf) {
      const past = parseInput(pastSchema, { ownerId, asOf })
      return { ...past, amount: (await find.amountAt(own, past)) ?? 0 }
    },

    async entry(id) {
      const row = await find.entryById(own, parseInput(idSchema, id, 'id'))
      return row ? rows.entry(row) : null
    },

    async entryByNonce(ownerId, nonce) {
      const row = await find.entryByNonce(own, parseInput(keySchema, { ownerId, nonce }))
      return row ? rows.entry(row) : null
    },

    entries: createEntryPages({ app, operations, prisma, rows, scan }),

    async transaction(id, options) {
      const sql = options ? sqlOf(options.tx) : own
      const found = await find.entriesByTransaction(sql, parseInput(idSchema, id, 'id'))
      return transactionOf((found ?? []).map(rows.entry)) ?? null
    },

    async hold(id) {
      const row = await find.holdById(own, parseInput(idSchema, id, 'id'))
      return row ? rows.hold(row) : null
    },

    async holds(ownerId) {
      const live = await find.liveHolds(own, parseInput(ownerIdSchema, ownerId, 'ownerId'))
      return (live ?? []).map(rows.hold)
    },

    summary: createSummary({ app, operations, prisma, rows, scan }),
    accounts: createAccountPages(app, prisma),
  }
}
