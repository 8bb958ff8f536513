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

/** Fields that are null only for a past moment. The client's documents never ask for one. */
type NeverNull = 'overdraft' | 'held' | 'available'

/**
 * A generated type with one app's operations in place of the ledger's. The documents are written against a graph whose
 * enum each app extends.
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

/** One change of one owner's balance. `amount` is in signed credits: + in, - out. */
export interface LedgerEntry<Operation extends string = SharedOperation>
  extends ForOperations<EntryFieldsFragment, Operation> {}

/** Entries that were posted together: all of them or none. */
export interface LedgerTransaction<Operation extends string = SharedOperation>
  extends ForOperations<TransactionFieldsFragment, Operation> {}

/** Credits that are set aside for a later entry. They count as spent while `status` is HELD. */
export interface LedgerHold<Operation extends string = SharedOperation>
  extends ForOperations<HoldFieldsFragment, Operation> {}

/** An owner's balance in credits. It is 0 for an unknown owner. */
export interface LedgerBalance extends BalanceFieldsFragment {}

/** An owner's balance, overdraft, credits on hold, and credits available. */
export interface AvailableBalance extends ForOperations<AvailableFieldsFragment, SharedOperation> {}

/** An operation's name, description, amount rule and limit. */
export interface LedgerOperationInfo<Operation extends string = SharedOperation>
  extends ForOperations<OperationsQuery['ledgerOperations'][number], Operation> {}

/**
 * The entries of one operation in one window. `gross` and `reversed` are in signed credits. Their sum is the net
 * amount.
 */
export interface LedgerSummaryLine<Operation extends string = SharedOperation>
  extends ForOperations<SummaryQuery['ledgerSummary'][number], Operation> {}

/** An owner's account. */
export type LedgerAccount = AccountsQuery['ledgerAccounts']['edges'][number]['node']

/** The cursors at the ends of a page, and whether the list goes on there. */
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
