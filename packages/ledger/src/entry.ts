/** An operation that was read. */
export interface NamedOperation<Operation extends string = string> {
  /** Null where this server's code lacks it: a newer server's, or one that was taken out of operations.ts. */
  readonly operation: Operation | null
  /** Its name, in any case. */
  readonly operationName: string
}

/** One posting to one owner's account. Never changed, never deleted. */
export interface LedgerEntry<Operation extends string = string> extends NamedOperation<Operation> {
  /** In the answer to a dry run: 0. */
  readonly id: string
  readonly ownerId: string
  /** Counts the account's entries from 1, without gaps. */
  readonly seq: number
  /** Signed credits: + in, - out. */
  readonly amount: number
  /** The account's balance just after this entry, in credits. */
  readonly balanceAfter: number
  /** The caller's idempotency key: no two postings of one owner have the same. */
  readonly nonce: string
  readonly transactionId: string
  readonly metadata: LedgerMetadata
  /** UTC, to the millisecond; never falls along seq. */
  readonly createdOn: Date
  /** The id of the entry that this one undoes. */
  readonly reverses: string | null
  /** The id of the entry of which this one gives back a part. */
  readonly refunds: string | null
  /** The id of the hold that this one captures. */
  readonly holdId: string | null
}

/** Entries that were posted together: all of them or none. */
export interface LedgerTransaction<Operation extends string = string> {
  readonly id: string
  /** Each of its entries has it. */
  readonly nonce: string
  readonly metadata: LedgerMetadata
  readonly createdOn: Date
  /** In the order in which they were posted. */
  readonly entries: readonly LedgerEntry<Operation>[]
}

/** Anything the caller wants to keep with an entry: a flat object of strings. */
export type LedgerMetadata = Readonly<Record<string, string>>

/** What an owner has in an app, in credits. An owner never seen has 0. */
export interface LedgerBalance {
  readonly ownerId: string
  readonly amount: number
  /** How far below 0 the amount may go. */
  readonly overdraft: number
  /** What live holds keep aside. */
  readonly held: number
  /** What can be spent: amount - held + overdraft. */
  readonly available: number
  /**
   * The id of the transaction that saw this balance, where it is not the current one: in the answer to a dry run, and
   * in that to a list where a later item has a balance of the same owner.
   */
  readonly seenIn?: string
}

/** What an owner had at a moment, in credits. */
export interface PastBalance extends Pick<LedgerBalance, 'ownerId' | 'amount'> {
  readonly asOf: Date
}

/** Whether a hold keeps credits aside, or what became of it. */
export type HoldStatus = 'HELD' | 'CAPTURED' | 'RELEASED' | 'EXPIRED'

/**
 * Credits that an owner has promised: they count as spent until the hold is captured, released or expired. The operation
 * is what its capture posts.
 */
export interface LedgerHold<Operation extends string = string> extends NamedOperation<Operation> {
  /** Of a hold that a dry run would make: 0. */
  readonly id: string
  readonly ownerId: string
  /** The credits that a capture may take at most, >= 1. */
  readonly amount: number
  readonly nonce: string
  readonly metadata: LedgerMetadata
  readonly status: HoldStatus
  /** The id of the entry that captured it. */
  readonly capturedBy: string | null
  readonly createdOn: Date
  readonly expiresOn: Date
  /** When it was captured or released. */
  readonly releasedOn: Date | null
  /** The id of the dry run's transaction that saw the hold so; left out of a hold as it is. */
  readonly seenIn?: string
}
