import type {
  AccountsQuery,
  AvailableFieldsFragment,
  BalanceFieldsFragment,
  EntryFieldsFragment,
  HoldFieldsFragment,
  LedgerDirection,
  LedgerEntryOrder,
  LedgerHoldStatus,
  LedgerOperation,
  LedgerSummaryWindow,
  OperationsQuery,
  PageFieldsFragment,
  SummaryQuery,
  TransactionFieldsFragment,
} from './generated/documents.ts'

export type { LedgerDirection, LedgerEntryOrder, LedgerHoldStatus, LedgerSummaryWindow }

/** The operations that every app has. */
export type SharedOperation = Exclude<LedgerOperation, 'TRANSFER_IN' | 'TRANSFER_OUT'>

/** What a graph gives as null at a past moment alone. No document here asks for it with a moment. */
type NeverNull = 'overdraft' | 'held' | 'available'

/**
 * A generated type with the operations of one app in place of the ledger's own. The documents are written
 * against a graph whose enum every app extends.
 */
export type ForOperations<Type, Operation extends string> = Type extends LedgerOperation
  ? Operation
  : Type extends object
    ? {
        readonly [Key in keyof Type]: ForOperations<
          Key extends NeverNull ? NonNullable<Type[Key]> : Type[Key],
          Operation
        >
      }
    : Type

/** One posting to one owner's account. `amount` is in signed credits: + in, - out. */
export interface LedgerEntry<Operation extends string = SharedOperation>
  extends ForOperations<EntryFieldsFragment, Operation> {}

/** Entries that were posted together: all of them or none. */
export interface LedgerTransaction<Operation extends string = SharedOperation>
  extends ForOperations<TransactionFieldsFragment, Operation> {}

/** Credits that an owner has promised: they count as spent while its `status` is HELD. */
export interface LedgerHold<Operation extends string = SharedOperation>
  extends ForOperations<HoldFieldsFragment, Operation> {}

/** What an owner has in the app, in credits. An owner never seen has 0. */
export interface LedgerBalance extends BalanceFieldsFragment {}

/** What an owner has, how far below 0 that may go, what live holds keep aside, and what can be spent, in credits. */
export interface AvailableBalance extends ForOperations<AvailableFieldsFragment, SharedOperation> {}

/** An operation's name, meaning, amount rule and limit: what a form needs. */
export interface LedgerOperationInfo<Operation extends string = SharedOperation>
  extends ForOperations<OperationsQuery['ledgerOperations'][number], Operation> {}

/** The entries of one operation in one window. `gross` and `reversed` are in signed credits; their sum is what remains. */
export interface LedgerSummaryLine<Operation extends string = SharedOperation>
  extends ForOperations<SummaryQuery['ledgerSummary'][number], Operation> {}

/** An owner's account. */
export type LedgerAccount = AccountsQuery['ledgerAccounts']['edges'][number]['node']

/** The ends of a page, as cursors, and whether the list goes on beyond them. */
export interface PageInfo extends PageFieldsFragment {}

/** One page of an owner's entries. */
export interface EntryPage<Operation extends string = SharedOperation> {
  readonly entries: readonly LedgerEntry<Operation>[]
  readonly pageInfo: PageInfo
}

/** One page of accounts, by owner. */
export interface AccountPage {
  readonly accounts: readonly LedgerAccount[]
  readonly pageInfo: PageInfo
}
