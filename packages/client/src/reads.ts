import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import type { ForApp } from './app-documents.ts'
import {
  AccountEntriesDocument,
  AccountsDocument,
  AvailableDocument,
  BalanceDocument,
  CapturesDocument,
  EntriesDocument,
  EntryByNonceDocument,
  EntryDocument,
  EntryLotsDocument,
  ExpiringDocument,
  HoldDocument,
  HoldsDocument,
  LiveLotsDocument,
  LotDocument,
  LotSummaryDocument,
  LotsDocument,
  LotUsesDocument,
  OperationsDocument,
  OutstandingDocument,
  StatusDocument,
  SummaryDocument,
  TotalsDocument,
  TransactionDocument,
} from './generated/documents.ts'
import type {
  AccountFilter,
  EntryFilter,
  InBook,
  LotFilter,
  LotSummaryInput,
  Moment,
  OutstandingInput,
  PageInput,
  SummaryInput,
} from './inputs.ts'
import { isoOf } from './moments.ts'
import type { Send } from './transport.ts'
import type {
  AccountEntryPage,
  AccountPage,
  AvailableBalance,
  EntryLot,
  EntryPage,
  Expiring,
  LedgerAccount,
  LedgerBalance,
  LedgerEntry,
  LedgerHold,
  LedgerLot,
  LedgerOperationInfo,
  LedgerStatus,
  LedgerSummaryLine,
  LedgerTotals,
  LedgerTransaction,
  LotPage,
  LotSummaryLine,
  LotUsePage,
  OutstandingLine,
  PageInfo,
  SharedOperation,
} from './types.ts'

/** The reads of an app's ledger. They throw a RangeError for a moment that is an invalid Date. */
export interface LedgerReads<Operation extends string = SharedOperation, Book extends string = never> {
  /** Returns the owner's balance in credits. With `asOf`, returns the balance after the last entry until that moment. */
  balance(
    ownerId: string,
    options?: InBook<Book> & { readonly asOf?: Moment | undefined },
  ): Promise<LedgerBalance<Book>>
  /** Returns what the owner can spend: the balance with the overdraft, less the credits on hold. */
  available(ownerId: string, options?: InBook<Book>): Promise<AvailableBalance<Book>>
  entry(id: string): Promise<LedgerEntry<Operation, Book> | null>
  entryByNonce(
    ownerId: string,
    nonce: string,
    options?: InBook<Book>,
  ): Promise<LedgerEntry<Operation, Book> | null>
  /**
   * Returns one page of an owner's entries, or of the whole app's, newest first unless `order` says otherwise. The list of
   * the whole app ends where a transaction that is open may still add an entry.
   */
  entries(input?: EntryFilter<Operation, Book> & PageInput): Promise<EntryPage<Operation, Book>>
  /** Yields all of these entries in the same order. Each page is read when it is needed. */
  allEntries(
    input?: EntryFilter<Operation, Book> & { readonly pageSize?: number | undefined },
  ): AsyncGenerator<LedgerEntry<Operation, Book>, void>
  /** Returns one page of all entries of an account, newest first: also those of other apps that share its book. */
  accountEntries(
    input: InBook<Book> & { readonly ownerId: string } & PageInput,
  ): Promise<AccountEntryPage<Operation, Book>>
  transaction(id: string): Promise<LedgerTransaction<Operation, Book> | null>
  hold(id: string): Promise<LedgerHold<Operation, Book> | null>
  /** Returns the owner's live holds, newest first, up to 100. */
  holds(ownerId: string, options?: InBook<Book>): Promise<readonly LedgerHold<Operation, Book>[]>
  /** Returns the entries that captured a hold, oldest first, up to 100, or null where there is no such hold. */
  captures(holdId: string): Promise<readonly LedgerEntry<Operation, Book>[] | null>
  /** Returns the lot that the app made with this id, or null. Reads of lots need an app with lots. */
  lot(id: string): Promise<LedgerLot<Book> | null>
  /** Returns one page of an account's lots, newest first, those that other apps made too. */
  lots(input: LotFilter<Book> & PageInput): Promise<LotPage<Book>>
  /** Returns the lots that the owner's credits are spent from, in this order, up to 100. */
  liveLots(ownerId: string, options?: InBook<Book>): Promise<readonly LedgerLot<Book>[]>
  /** Returns one page of what entries took from a lot that the app made and gave back to it, oldest first, or null. */
  lotUses(id: string, page?: PageInput): Promise<LotUsePage<Operation, Book> | null>
  /**
   * Returns what an entry took from lots and gave back to them, up to 100, or null where there is no such entry. An empty
   * list for an entry that took nothing from a lot, such as one that made a lot.
   */
  entryLots(entryId: string): Promise<readonly EntryLot<Book>[] | null>
  /**
   * Returns what became of the lots that the app made, per kind and hour, day or month (UTC), oldest first. There may be
   * 1,000 windows at most.
   */
  lotSummary(input: LotSummaryInput<Book>): Promise<readonly LotSummaryLine[]>
  /** Returns the owner's credits that expire next, or null when none do. */
  expiring(ownerId: string, options?: InBook<Book>): Promise<Expiring | null>
  /**
   * Returns counts and sums per operation and hour, day or month (UTC), oldest first. There may be 1,000 windows at
   * most.
   */
  summary(input: SummaryInput<Operation, Book>): Promise<readonly LedgerSummaryLine<Operation>[]>
  /** Returns one page of a book's accounts, by owner unless `order` says otherwise. */
  accounts(input?: AccountFilter<Book> & PageInput): Promise<AccountPage<Book>>
  /** Yields all accounts of a book in the same order. Each page is read when it is needed. */
  allAccounts(
    input?: AccountFilter<Book> & { readonly pageSize?: number | undefined },
  ): AsyncGenerator<LedgerAccount<Book>, void>
  /** Returns what all accounts of a book have together now. */
  totals(options?: InBook<Book>): Promise<LedgerTotals>
  /**
   * Returns what all accounts of a book had at the end of each hour, day or month (UTC), oldest first. There may be 1,000
   * windows at most.
   */
  outstanding(input: OutstandingInput<Book>): Promise<readonly OutstandingLine[]>
  /** Returns how the server that answers and its database are, for operators. */
  status(): Promise<LedgerStatus>
  /** Returns the app's operations with their amount rules and limits, for example to build a form. */
  operations(): Promise<readonly LedgerOperationInfo<Operation, Book>[]>
}

/** Builds the reads from their documents. */
export function createReads<Operation extends string, Book extends string>({
  send,
  ofApp,
}: {
  readonly send: Send
  readonly ofApp: ForApp<Operation, Operation, Book>
}): LedgerReads<Operation, Book> {
  const ask = async <Result, Variables extends object>(
    document: TypedDocumentNode<Result, Variables>,
    variables: Variables & InBook<Book>,
    inBook: InBook<Book> = {}, // for a document without variables of its own
  ) => (await send(document, { ...variables, ...inBook })).result

  async function entries(
    input: EntryFilter<Operation, Book> & PageInput = {},
  ): Promise<EntryPage<Operation, Book>> {
    const { from, to, ...rest } = input
    const times = { from: from && isoOf(from), to: to && isoOf(to) }
    const { ledgerEntries } = await ask(ofApp(EntriesDocument), { ...rest, ...times })
    return { entries: ledgerEntries.edges.map(({ node }) => node), pageInfo: ledgerEntries.pageInfo }
  }

  async function accounts(input: AccountFilter<Book> & PageInput = {}): Promise<AccountPage<Book>> {
    const { ledgerAccounts } = await ask(ofApp(AccountsDocument), input)
    return { accounts: ledgerAccounts.edges.map(({ node }) => node), pageInfo: ledgerAccounts.pageInfo }
  }

  return {
    async balance(ownerId, { asOf, book } = {}) {
      return (await ask(ofApp(BalanceDocument), { ownerId, book, asOf: asOf && isoOf(asOf) })).balance
    },
    async available(ownerId, { book } = {}) {
      return (await ask(ofApp(AvailableDocument), { ownerId, book })).balance
    },
    async entry(id) {
      return (await ask(ofApp(EntryDocument), { id })).ledgerEntry
    },
    async entryByNonce(ownerId, nonce, { book } = {}) {
      return (await ask(ofApp(EntryByNonceDocument), { ownerId, nonce, book })).ledgerEntryByNonce
    },
    entries,
    allEntries: ({ pageSize, ...filter } = {}) =>
      allOf(pageSize, async (page) => {
        const { entries: nodes, pageInfo } = await entries({ ...filter, ...page })
        return { nodes, pageInfo }
      }),
    async accountEntries(input) {
      const { edges, pageInfo } = (await ask(ofApp(AccountEntriesDocument), input)).accountEntries
      return { entries: edges.map(({ node }) => node), pageInfo }
    },
    async transaction(id) {
      return (await ask(ofApp(TransactionDocument), { id })).ledgerTransaction
    },
    async hold(id) {
      return (await ask(ofApp(HoldDocument), { id })).ledgerHold
    },
    async holds(ownerId, { book } = {}) {
      return (await ask(ofApp(HoldsDocument), { ownerId, book })).ledgerHolds
    },
    async captures(holdId) {
      return (await ask(ofApp(CapturesDocument), { id: holdId })).ledgerHold?.captures ?? null
    },
    async lot(id) {
      return (await ask(ofApp(LotDocument), { id })).ledgerLot
    },
    async lots(input) {
      const { edges, pageInfo } = (await ask(ofApp(LotsDocument), input)).ledgerLots
      return { lots: edges.map(({ node }) => node), pageInfo }
    },
    async liveLots(ownerId, { book } = {}) {
      return (await ask(ofApp(LiveLotsDocument), { ownerId, book })).balance.lots ?? []
    },
    async lotUses(id, page = {}) {
      const lot = (await ask(ofApp(LotUsesDocument), { id, ...page })).ledgerLot
      return lot && { uses: lot.uses.edges.map(({ node }) => node), pageInfo: lot.uses.pageInfo }
    },
    async entryLots(entryId) {
      const entry = (await ask(ofApp(EntryLotsDocument), { id: entryId })).ledgerEntry
      return entry && (entry.lots ?? [])
    },
    async lotSummary({ from, to, ...rest }) {
      const times = { from: isoOf(from), to: isoOf(to) }
      return (await ask(ofApp(LotSummaryDocument), { ...rest, ...times })).ledgerLotSummary
    },
    async expiring(ownerId, { book } = {}) {
      return (await ask(ofApp(ExpiringDocument), { ownerId, book })).balance.expiring
    },
    async summary({ from, to, ...rest }) {
      const times = { from: isoOf(from), to: isoOf(to) }
      return (await ask(ofApp(SummaryDocument), { ...rest, ...times })).ledgerSummary
    },
    accounts,
    allAccounts: ({ pageSize, ...filter } = {}) =>
      allOf(pageSize, async (page) => {
        const { accounts: nodes, pageInfo } = await accounts({ ...filter, ...page })
        return { nodes, pageInfo }
      }),
    async totals({ book } = {}) {
      return (await ask(ofApp(TotalsDocument), {}, { book })).ledgerTotals
    },
    async outstanding({ from, to, ...rest }) {
      const times = { from: isoOf(from), to: isoOf(to) }
      return (await ask(ofApp(OutstandingDocument), { ...rest, ...times })).ledgerOutstanding
    },
    async status() {
      return (await ask(ofApp(StatusDocument), {})).ledgerStatus
    },
    async operations() {
      return (await ask(ofApp(OperationsDocument), {})).ledgerOperations
    },
  }
}

/** Yields a list page by page. Each page is read when it is needed. */
async function* allOf<Node>(
  pageSize = 100,
  read: (page: {
    first: number
    after: string | undefined
  }) => Promise<{ readonly nodes: readonly Node[]; readonly pageInfo: PageInfo }>,
): AsyncGenerator<Node, void> {
  let after: string | undefined
  do {
    const { nodes, pageInfo } = await read({ first: pageSize, after })
    yield* nodes
    after = pageInfo.hasNextPage ? (pageInfo.endCursor ?? undefined) : undefined
  } while (after !== undefined)
}
