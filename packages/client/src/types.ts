import type {
  BalanceFieldsFragment,
  EntriesQuery,
  EntryFieldsFragment,
  LedgerDirection,
  LedgerOperation,
  OperationsQuery,
} from './generated/documents.ts'

/** The operations that every app has. */
export type SharedOperation = LedgerOperation

/**
 * A generated type with the operations of one app in place of the shared ones. The documents are written
 * against the contract, whose enum every app extends.
 */
export type ForOperations<Type, Operation extends string> = Type extends LedgerOperation
  ? Operation
  : Type extends object
    ? { readonly [Key in keyof Type]: ForOperations<Type[Key], Operation> }
    : Type

/** One posting to one owner's account. `amount` is in signed credits: + in, - out. */
export interface LedgerEntry<Operation extends string = SharedOperation>
  extends ForOperations<EntryFieldsFragment, Operation> {}

/** What an owner has in the app, in credits. An owner never seen has 0. */
export interface LedgerBalance extends BalanceFieldsFragment {}

/** An operation's name, meaning and amount rule: what a form needs. */
export interface LedgerOperationInfo<Operation extends string = SharedOperation>
  extends ForOperations<OperationsQuery['ledgerOperations'][number], Operation> {}

export type { LedgerDirection }

/** The ends of a page, as cursors, and whether the list goes on beyond them. */
export type PageInfo = EntriesQuery['ledgerEntries']['pageInfo']

/** One page of an owner's entries, newest first. */
export interface EntryPage<Operation extends string = SharedOperation> {
  readonly entries: readonly LedgerEntry<Operation>[]
  readonly pageInfo: PageInfo
}

/** Whose entries, and of which operations (all when left out). */
export interface EntryFilter<Operation extends string = SharedOperation> {
  readonly ownerId: string
  readonly operations?: readonly Operation[] | undefined
}

/** The first entries after a cursor, or the last ones before one: 20 when left out, 100 at most. */
export type PageInput =
  | {
      readonly first?: number | undefined
      readonly after?: string | undefined
      readonly last?: never
      readonly before?: never
    }
  | {
      readonly last: number
      readonly before?: string | undefined
      readonly first?: never
      readonly after?: never
    }

/** What to post. The amount is in credits, >= 0 (the operation gives the sign); a fixed one may be left out. */
export interface PostEntryInput<Operation extends string = SharedOperation> {
  readonly ownerId: string
  readonly operation: Operation
  readonly amount?: number | undefined
  /** The idempotency key, unique per owner. The client makes a UUID when it is left out. */
  readonly nonce?: string | undefined
  readonly metadata?: Readonly<Record<string, string>> | undefined
}
