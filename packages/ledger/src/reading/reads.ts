import { z } from 'zod'
import { byBook } from '../by-book.ts'
import { readBounds } from '../database/bounds.ts'
import type { PrismaClient } from '../database/database.ts'
import { type Sql, sqlOf, type TransactionClient } from '../database/sql.ts'
import type {
  Expiring,
  LedgerBalance,
  LedgerEntry,
  LedgerHold,
  LedgerLot,
  LedgerTransaction,
  LotUse,
  PastBalance,
} from '../entry.ts'
import { bookSchema, idSchema, momentSchema, nonceSchema, ownerIdSchema, parseInput } from '../input.ts'
import type { Books, Operations } from '../operations/operations.ts'
import { lotOf, type RowReader, transactionOf } from '../rows.ts'
import { type AccountEntriesInput, type AccountEntryPage, createAccountEntries } from './account-entries.ts'
import { type AccountPage, type AccountsInput, createAccountPages } from './accounts.ts'
import { createAppEntryPages } from './app-entries.ts'
import { createEntryPages, type EntriesInput, type EntryPage, entryFilterSchema } from './entries.ts'
import type { Finders } from './finders.ts'
import type { Horizon } from './horizon.ts'
import {
  createLotPages,
  createLotUsePages,
  type LotPage,
  type LotsInput,
  type LotUsePage,
  type LotUsesInput,
} from './lots.ts'
import { createScans } from './scans.ts'
import {
  createLotSummary,
  createSummary,
  type LotSummaryInput,
  type LotSummaryLine,
  type SummaryInput,
  type SummaryLine,
} from './summary.ts'
import { createTotals, type LedgerTotals, type OutstandingInput, type OutstandingLine } from './totals.ts'

/**
 * The reads of one app's ledger. Reads of one turn of the event loop share one query. A summary and a page of accounts
 * are each a query of their own. On a cluster, so is each page of entries.
 */
export interface LedgerReads<Operation extends string = string, Book extends string = string> {
  /** Returns the owner's balance in a book. An unknown owner has 0. @throws ValidationError */
  balance(ownerId: string, options?: InBook<Book>): Promise<LedgerBalance>
  /** Returns the balance after the owner's last entry in a book up to a moment. @throws ValidationError */
  balanceAt(ownerId: string, asOf: Date, options?: InBook<Book>): Promise<PastBalance>
  /** Returns the entry with this id, or null. @throws ValidationError */
  entry(id: string): Promise<LedgerEntry<Operation> | null>
  /** Returns the app's entry that was posted to the owner with this nonce, or null. @throws ValidationError */
  entryByNonce(ownerId: string, nonce: string, options?: InBook<Book>): Promise<LedgerEntry<Operation> | null>
  /**
   * Returns a page of an owner's entries, or of all owners': 20, or as many as `first` or `last` says, up to 100. They are
   * the app's own, in one book. @throws ValidationError
   * @throws OverloadedError for the entries of all owners, while a transaction that posts is open since the start
   */
  entries(input: EntriesInput<Operation, Book>): Promise<EntryPage<Operation>>
  /**
   * Returns a page of all entries of an account, those of other apps that share its book too. @throws ValidationError
   */
  accountEntries(input: AccountEntriesInput<Book>): Promise<AccountEntryPage<Operation>>
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
  /** Returns the app's live holds of the owner in a book, newest first, up to 100. @throws ValidationError */
  holds(ownerId: string, options?: InBook<Book>): Promise<readonly LedgerHold<Operation>[]>
  /** Returns the entries that captured a hold of the owner in a book, oldest first, up to 100. @throws ValidationError */
  captures(
    ownerId: string,
    holdId: string,
    options?: InBook<Book>,
  ): Promise<readonly LedgerEntry<Operation>[]>
  /** Returns the lot that the app made with this id, or null. @throws ValidationError */
  lot(id: string): Promise<LedgerLot | null>
  /** Returns a page of an account's lots, newest first, those that other apps made too. @throws ValidationError */
  lots(input: LotsInput<Book>): Promise<LotPage>
  /**
   * Returns the lots that the owner's credits in a book are spent from, in this order, up to 100. @throws ValidationError
   */
  liveLots(ownerId: string, options?: InBook<Book>): Promise<readonly LedgerLot[]>
  /** Returns the owner's credits in a book that expire next, or null when none do. @throws ValidationError */
  expiring(ownerId: string, options?: InBook<Book>): Promise<Expiring | null>
  /** Returns a page of what entries took from a lot and gave back to it, oldest first. @throws ValidationError */
  lotUses(input: LotUsesInput<Book>): Promise<LotUsePage>
  /**
   * Returns what an entry of the owner in a book took from lots and gave back to them, up to 100 uses. @throws ValidationError
   */
  usesOfEntry(ownerId: string, entryId: string, options?: InBook<Book>): Promise<readonly LotUse[]>
  /**
   * Returns counts and sums of the app's entries in a book per operation and hour, day or month (UTC), for an owner or
   * all. @throws ValidationError
   */
  summary(input: SummaryInput<Operation, Book>): Promise<readonly SummaryLine<Operation>[]>
  /**
   * Returns what became of the lots that the app made in a book, per kind and hour, day or month (UTC), for an owner or all:
   * granted, used, expired, voided and outstanding. @throws ValidationError
   */
  lotSummary(input: LotSummaryInput<Book>): Promise<readonly LotSummaryLine[]>
  /** Returns a page of a book's accounts, by owner unless `order` says otherwise. @throws ValidationError */
  accounts(input: AccountsInput<Book>): Promise<AccountPage>
  /** Returns what all accounts of a book have together now. @throws ValidationError for a sum beyond 2^53 - 1 */
  totals(options?: InBook<Book>): Promise<LedgerTotals>
  /**
   * Returns the credits of a book that expire within a number of days, 1 to 366, if nobody uses them. @throws
   * ValidationError
   */
  expiringWithin(days: number, options?: InBook<Book>): Promise<number>
  /**
   * Returns what all accounts of a book had at the end of each hour, day or month (UTC), oldest first. Windows that have
   * not begun are left out. @throws ValidationError
   */
  outstanding(input: OutstandingInput<Book>): Promise<readonly OutstandingLine[]>
}

/** In which book to look. The app's own when it is left out. */
export interface InBook<Book extends string = string> {
  readonly book?: Book | null | undefined
}

/** Creates one app's reads on the ledger's client. */
export function createReads<Operation extends string>({
  app,
  books,
  operations,
  prisma,
  own,
  rows,
  find,
  horizon,
}: {
  readonly app: string
  readonly books: Books
  readonly operations: Operations
  readonly prisma: PrismaClient
  /** The ledger's own client. */
  readonly own: Sql
  readonly rows: RowReader<Operation>
  readonly find: Finders
  readonly horizon: Horizon
}): LedgerReads<Operation> {
  const scan = createScans(readBounds().connection)
  const account = { ownerId: ownerIdSchema, book: bookSchema(books) }
  const accountSchema = z.object(account)
  const bookOnly = z.object({ book: account.book })
  const pastSchema = z.object({ ...account, asOf: momentSchema })
  const entrySchema = z.object({ ...account, entryId: idSchema })
  const holdSchema = z.object({ ...account, holdId: idSchema })
  const keySchema = z.object({ ...account, nonce: nonceSchema })
  const filterSchema = entryFilterSchema(operations)
  const entriesIn = byBook((book) => createEntryPages({ app, book, filterSchema, prisma, rows, scan }))
  const isOnlyBook = books.length === 1
  const appEntriesIn = byBook((book) =>
    createAppEntryPages({ app, book, filterSchema, isOnlyBook, horizon, prisma, rows, scan }),
  )
  const summaryIn = byBook((book) => createSummary({ app, book, operations, prisma, rows, scan }))
  const lotSummaryIn = byBook((book) => createLotSummary({ app, book, prisma, scan }))
  return {
    async balance(ownerId, options) {
      const { book, ...account } = parseInput(accountSchema, { ownerId, ...options })
      return find.inBook(book).balance(own, account.ownerId)
    },

    async balanceAt(ownerId, asOf, options) {
      const past = parseInput(pastSchema, { ownerId, asOf, ...options })
      return { ...past, amount: (await find.inBook(past.book).amountAt(own, past)) ?? 0 }
    },

    async entry(id) {
      const row = await find.entryById(own, parseInput(idSchema, id, 'id'))
      return row ? rows.entry(row) : null
    },

    async entryByNonce(ownerId, nonce, options) {
      const { book, ...key } = parseInput(keySchema, { ownerId, nonce, ...options })
      const row = await find.inBook(book).entryByNonce(own, key)
      return row ? rows.entry(row) : null
    },

    async entries(input) {
      const { book } = parseInput(bookOnly, input)
      return input.ownerId == null ? appEntriesIn(book)(input) : entriesIn(book)(input)
    },
    accountEntries: createAccountEntries({ app, schema: accountSchema, prisma, rows }),

    async transaction(id, options) {
      const sql = options ? sqlOf(options.tx) : own
      const found = await find.entriesByTransaction(sql, parseInput(idSchema, id, 'id'))
      return transactionOf((found ?? []).map(rows.entry)) ?? null
    },

    async hold(id) {
      const row = await find.holdById(own, parseInput(idSchema, id, 'id'))
      return row ? rows.hold(row) : null
    },

    async holds(ownerId, options) {
      const { book, ...account } = parseInput(accountSchema, { ownerId, ...options })
      const live = await find.inBook(book).liveHolds(own, account.ownerId)
      return (live ?? []).map(rows.hold)
    },

    async lot(id) {
      const row = await find.lotById(own, parseInput(idSchema, id, 'id'))
      return row ? lotOf(row) : null
    },
    lots: createLotPages(accountSchema, prisma),

    async liveLots(ownerId, options) {
      const { book, ...account } = parseInput(accountSchema, { ownerId, ...options })
      return ((await find.inBook(book).liveLots(own, account.ownerId)) ?? []).map(lotOf)
    },

    async expiring(ownerId, options) {
      const { book, ...account } = parseInput(accountSchema, { ownerId, ...options })
      const next = await find.inBook(book).expiring(own, account.ownerId)
      return next && { amount: next.amount, on: new Date(next.on) }
    },
    async captures(ownerId, holdId, options) {
      const { book, ...key } = parseInput(holdSchema, { ownerId, holdId, ...options })
      return ((await find.inBook(book).capturesOf(own, key)) ?? []).map(rows.entry)
    },

    lotUses: createLotUsePages(accountSchema, prisma),

    async usesOfEntry(ownerId, entryId, options) {
      const { book, ...key } = parseInput(entrySchema, { ownerId, entryId, ...options })
      return (await find.inBook(book).usesOfEntry(own, key)) ?? []
    },

    async summary(input) {
      return summaryIn(parseInput(bookOnly, input).book)(input)
    },
    async lotSummary(input) {
      return lotSummaryIn(parseInput(bookOnly, input).book)(input)
    },
    accounts: createAccountPages(account.book, prisma, scan),
    ...createTotals(account.book, prisma, scan),
  }
}
