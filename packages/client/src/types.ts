import type {
  AccountEntriesQuery,
  AccountsQuery,
  AvailableFieldsFragment,
  BalanceFieldsFragment,
  EntryFieldsFragment,
  EntryLotFieldsFragment,
  ExpiringQuery,
  HoldFieldsFragment,
  LedgerAccountOrder,
  LedgerBook,
  LedgerDirection,
  LedgerEntryOrder,
  LedgerHoldStatus,
  LedgerLotKind,
  LedgerOperation,
  LedgerSummaryWindow,
  LotFieldsFragment,
  LotSummaryQuery,
  LotUseFieldsFragment,
  OperationFieldsFragment,
  OutstandingQuery,
  PageFieldsFragment,
  StatusQuery,
  SummaryQuery,
  TotalsFieldsFragment,
  TransactionFieldsFragment,
} from './generated/documents.ts'

export type {
  LedgerAccountOrder,
  LedgerDirection,
  LedgerEntryOrder,
  LedgerHoldStatus,
  LedgerLotKind,
  LedgerSummaryWindow,
}

/** The operations that every app has. */
export type SharedOperation = Exclude<
  LedgerOperation,
  'TRANSFER_IN' | 'TRANSFER_OUT' | 'EXCHANGE_IN' | 'EXCHANGE_OUT' | 'CREDIT_EXPIRED' | 'CREDIT_VOIDED'
>

/** Fields that are null only for a past moment. The client's documents never ask for one. */
type NeverNull = 'overdraft' | 'held' | 'available' | 'state'

/**
 * A generated type with one app's operations in place of the ledger's. The documents are written against a graph whose
 * enum each app extends. In an app with several books, `Book` is the union of them, and whatever is in a book has its.
 */
export type ForOperations<
  Type,
  Operation extends string,
  Book extends string = never,
> = Type extends LedgerOperation
  ? Operation
  : Type extends LedgerBook // of a variable: the method's input says which
    ? string
    : Type extends OfBook
      ? Fields<Type, Operation, Book> & BookField<Book>
      : Type extends object
        ? Fields<Type, Operation, Book>
        : Type

type Fields<Type, Operation extends string, Book extends string> = {
  readonly [Key in keyof Type]: ForOperations<
    Key extends NeverNull ? NonNullable<Type[Key]> : Type[Key],
    Operation,
    Book
  >
}

/** What has a book in an app with several: entries, balances, holds and lots; and operations. */
type OfBook = { readonly ownerId: string; readonly amount: number } | { readonly minAmount: number }

type BookField<Book> = [Book] extends [never] ? unknown : { readonly book: Book }

/** One change of one owner's balance. `amount` is in signed credits: + in, - out. */
export type LedgerEntry<
  Operation extends string = SharedOperation,
  Book extends string = never,
> = ForOperations<EntryFieldsFragment, Operation, Book>

/**
 * An entry of the app (`__typename` is LedgerEntry), or of another app that shares the book (LedgerOtherAppsEntry).
 */
export type AccountEntry<
  Operation extends string = SharedOperation,
  Book extends string = never,
> = ForOperations<AccountEntriesQuery['accountEntries']['edges'][number]['node'], Operation, Book>

/** Entries that were posted together: all of them or none. */
export type LedgerTransaction<
  Operation extends string = SharedOperation,
  Book extends string = never,
> = ForOperations<TransactionFieldsFragment, Operation, Book>

/** Credits that are set aside for a later entry. They count as spent while `status` is HELD. */
export type LedgerHold<
  Operation extends string = SharedOperation,
  Book extends string = never,
> = ForOperations<HoldFieldsFragment, Operation, Book>

/**
 * A part of an account's balance with a priority, a kind and perhaps an expiry. `entry` made it. It is null for the balance
 * before the first lot, and for an entry of another app.
 */
export type LedgerLot<Book extends string = never> = ForOperations<LotFieldsFragment, SharedOperation, Book>

/** The credits of an account that expire next. */
export interface Expiring extends NonNullable<ExpiringQuery['balance']['expiring']> {}

/** An owner's balance in credits. It is 0 for an unknown owner. */
export type LedgerBalance<Book extends string = never> = ForOperations<
  BalanceFieldsFragment,
  SharedOperation,
  Book
>

/** An owner's balance, overdraft, credits on hold, and credits available. */
export type AvailableBalance<Book extends string = never> = ForOperations<
  AvailableFieldsFragment,
  SharedOperation,
  Book
>

/** An operation's name, description, amount rule and limit. */
export type LedgerOperationInfo<
  Operation extends string = SharedOperation,
  Book extends string = never,
> = ForOperations<OperationFieldsFragment, Operation, Book>

/**
 * The entries of one operation in one window. `gross` and `reversed` are in signed credits. Their sum is the net
 * amount.
 */
export interface LedgerSummaryLine<Operation extends string = SharedOperation>
  extends ForOperations<SummaryQuery['ledgerSummary'][number], Operation> {}

/** An owner's account. */
export type LedgerAccount<Book extends string = never> = ForOperations<
  AccountsQuery['ledgerAccounts']['edges'][number]['node'],
  SharedOperation,
  Book
>

/** The cursors at the ends of a page, and whether the list goes on there. */
export interface PageInfo extends PageFieldsFragment {}

/** One page of entries. */
export interface EntryPage<Operation extends string = SharedOperation, Book extends string = never> {
  readonly entries: readonly LedgerEntry<Operation, Book>[]
  readonly pageInfo: PageInfo
}

/** One page of an account's entries. */
export interface AccountEntryPage<Operation extends string = SharedOperation, Book extends string = never> {
  readonly entries: readonly AccountEntry<Operation, Book>[]
  readonly pageInfo: PageInfo
}

/** What all accounts of a book have together. Amounts are in credits. */
export interface LedgerTotals extends TotalsFieldsFragment {}

/** What all accounts of a book had at the end of a window, in credits. */
export type OutstandingLine = OutstandingQuery['ledgerOutstanding'][number]

/** How a server and its database are. */
export type LedgerStatus = StatusQuery['ledgerStatus']

/** One page of accounts. */
export interface AccountPage<Book extends string = never> {
  readonly accounts: readonly LedgerAccount<Book>[]
  readonly pageInfo: PageInfo
}

/** What an entry took from a lot or gave back to it, in signed credits of the lot. `entry` is null for one of another app. */
export type LotUse<Operation extends string = SharedOperation, Book extends string = never> = ForOperations<
  LotUseFieldsFragment,
  Operation,
  Book
>

/** One page of the uses of a lot. */
export interface LotUsePage<Operation extends string = SharedOperation, Book extends string = never> {
  readonly uses: readonly LotUse<Operation, Book>[]
  readonly pageInfo: PageInfo
}

/** A lot that an entry took credits from or gave some back to. `lot` is null for one that another app made. */
export type EntryLot<Book extends string = never> = ForOperations<
  EntryLotFieldsFragment,
  SharedOperation,
  Book
>

/** What became of lots of one kind in one window, in credits. */
export type LotSummaryLine = LotSummaryQuery['ledgerLotSummary'][number]

/** One page of an account's lots. */
export interface LotPage<Book extends string = never> {
  readonly lots: readonly LedgerLot<Book>[]
  readonly pageInfo: PageInfo
}
