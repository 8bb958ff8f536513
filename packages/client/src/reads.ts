import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import type { ForApp } from './app-documents.ts'
import {
  AccountsDocument,
  AvailableDocument,
  BalanceDocument,
  EntriesDocument,
  EntryByNonceDocument,
  EntryDocument,
  HoldDocument,
  HoldsDocument,
  OperationsDocument,
  SummaryDocument,
  TransactionDocument,
} from './generated/documents.ts'
import type { AccountFilter, EntryFilter, Moment, PageInput, SummaryInput } from './inputs.ts'
import type { Send } from './transport.ts'
import type {
  AccountPage,
  AvailableBalance,
  EntryPage,
  LedgerAccount,
  LedgerBalance,
  LedgerEntry,
  LedgerHold,
  LedgerOperationInfo,
  LedgerSummaryLine,
  LedgerTransaction,
  PageInfo,
  SharedOperation,
} from './types.ts'

/** The reads of an app's ledger. They throw a RangeError for a moment that is an invalid Date. */
export interface LedgerReads<Operation extends string = SharedOperation> {
  /** Returns the owner's balance in credits. With `asOf`, returns the balance after the last entry until that moment. */
  balance(ownerId: string, options?: { readonly asOf?: Moment | undefined }): Promise<LedgerBalance>
  /** Returns what the owner can spend: the balance with the overdraft, less the credits on hold. */
  available(ownerId: string): Promise<AvailableBalance>
  entry(id: string): Promise<LedgerEntry<Operation> | null>
  entryByNonce(ownerId: string, nonce: string): Promise<LedgerEntry<Operation> | null>
  /** Returns one page of the owner's entries, newest first unless `order` says otherwise. */
  entries(input: EntryFilter<Operation> & PageInput): Promise<EntryPage<Operation>>
  /** Yields all of the owner's entries in the same order. Each page is read when it is needed. */
  allEntries(
    input: EntryFilter<Operation> & { readonly pageSize?: number | undefined },
  ): AsyncGenerator<LedgerEntry<Operation>, void>
  transaction(id: string): Promise<LedgerTransaction<Operation> | null>
  hold(id: string): Promise<LedgerHold<Operation> | null>
  /** Returns the owner's live holds, newest first, up to 100. */
  holds(ownerId: string): Promise<readonly LedgerHold<Operation>[]>
  /**
   * Returns counts and sums per operation and hour, day or month (UTC), oldest first. There may be 1,000 windows at
   * most.
   */
  summary(input: SummaryInput<Operation>): Promise<readonly LedgerSummaryLine<Operation>[]>
  /** Returns one page of the app's accounts, sorted by owner. */
  accounts(input?: AccountFilter & PageInput): Promise<AccountPage>
  /** Yields all accounts, sorted by owner. Each page is read when it is needed. */
  allAccounts(
    input?: AccountFilter & { readonly pageSize?: number | undefined },
  ): AsyncGenerator<LedgerAccount, void>
  /** Returns the app's operations with their amount rules and limits, for example to build a form. */
  operations(): Promise<readonly LedgerOperationInfo<Operation>[]>
}

/** Builds the reads from their documents. */
export function createReads<Operation extends string>({
  send,
  ofApp,
}: {
  readonly send: Send
  readonly ofApp: ForApp<Operation>
}): LedgerReads<Operation> {
  const ask = async <Result, Variables extends object>(
    document: TypedDocumentNode<Result, Variables>,
    variables: Variables,
  ) => (await send(document, variables)).result

  async function entries(input: EntryFilter<Operation> & PageInput): Promise<EntryPage<Operation>> {
    const { from, to, ...rest } = input
    const times = { from: from && isoOf(from), to: to && isoOf(to) }
    const { ledgerEntries } = await ask(ofApp(EntriesDocument), { ...rest, ...times })
    return { entries: ledgerEntries.edges.map(({ node }) => node), pageInfo: ledgerEntries.pageInfo }
  }

  async function accounts(input: AccountFilter & PageInput = {}): Promise<AccountPage> {
    const { ledgerAccounts } = await ask(ofApp(AccountsDocument), input)
    return { accounts: ledgerAccounts.edges.map(({ node }) => node), pageInfo: ledgerAccounts.pageInfo }
  }

  return {
    async balance(ownerId, { asOf } = {}) {
      return (await ask(ofApp(BalanceDocument), { ownerId, asOf: asOf && isoOf(asOf) })).balance
    },
    async available(ownerId) {
      return (await ask(ofApp(AvailableDocument), { ownerId })).balance
    },
    async entry(id) {
      return (await ask(ofApp(EntryDocument), { id })).ledgerEntry
    },
    async entryByNonce(ownerId, nonce) {
      return (await ask(ofApp(EntryByNonceDocument), { ownerId, nonce })).ledgerEntryByNonce
    },
    entries,
    allEntries: ({ pageSize, ...filter }) =>
      allOf(pageSize, async (page) => {
        const { entries: nodes, pageInfo } = await entries({ ...filter, ...page })
        return { nodes, pageInfo }
      }),
    async transaction(id) {
      return (await ask(ofApp(TransactionDocument), { id })).ledgerTransaction
    },
    async hold(id) {
      return (await ask(ofApp(HoldDocument), { id })).ledgerHold
    },
    async holds(ownerId) {
      return (await ask(ofApp(HoldsDocument), { ownerId })).ledgerHolds
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

/** @throws RangeError for an invalid Date. JSON would turn it into null. */
function isoOf(moment: Moment): string {
  return moment instanceof Date ? moment.toISOString() : moment
}
