import type { AccountState } from './account-state.ts'
import type { LotKind } from './operations/operations.ts'

/** The operation of an entry or a hold that was read. */
export interface NamedOperation<Operation extends string = string> {
  /**
   * Null when this server's code lacks the operation: a newer server has added it, or it was removed from
   * operations.ts.
   */
  readonly operation: Operation | null
  /** The operation's name, also when the code lacks it. */
  readonly operationName: string
}

/** One change of one account's balance. It is never changed or deleted. */
export interface LedgerEntry<Operation extends string = string> extends NamedOperation<Operation> {
  /** '0' in the answer to a dry run. */
  readonly id: string
  readonly ownerId: string
  /** The book of the account. */
  readonly book: string
  /** Counts the account's entries from 1, those of all apps that share the book, without gaps. */
  readonly seq: number
  /** Signed credits: + in, - out. */
  readonly amount: number
  /** The account's balance just after this entry, in credits. */
  readonly balanceAfter: number
  /** The caller's idempotency key. No two postings of an app to one account have the same. */
  readonly nonce: string
  readonly transactionId: string
  readonly metadata: LedgerMetadata
  /** UTC, to the millisecond. It never decreases along seq. */
  readonly createdOn: Date
  /** The id of the entry that this one undoes. */
  readonly reverses: string | null
  /** The id of the entry that this one gives a part back of. */
  readonly refunds: string | null
  /** The id of the hold that this one captures. */
  readonly holdId: string | null
}

/** Entries that were posted together: all of them or none. */
export interface LedgerTransaction<Operation extends string = string> {
  readonly id: string
  /** Each of its entries has the same nonce. */
  readonly nonce: string
  readonly metadata: LedgerMetadata
  readonly createdOn: Date
  /** In the order in which they were posted. */
  readonly entries: readonly LedgerEntry<Operation>[]
}

/** The caller's own information about a posting: a flat object of strings. */
export type LedgerMetadata = Readonly<Record<string, string>>

/** An owner's balance in a book, in credits. It is 0 for an unknown owner. */
export interface LedgerBalance {
  readonly ownerId: string
  readonly book: string
  readonly amount: number
  /** How far below 0 the amount may go. */
  readonly overdraft: number
  /** The credits that live holds set aside. */
  readonly held: number
  /** The credits that can be spent while the account is open: amount - held + overdraft. */
  readonly available: number
  /** What may be posted to the account. */
  readonly state: AccountState
  /**
   * The id of the transaction in which the balance was seen, when it is not the current one: in the answer to a dry
   * run, and in the answer to a list when a later item has a balance of the same owner.
   */
  readonly seenIn?: string
}

/** A part of an account's balance with a priority, a kind and perhaps an expiry. */
export interface LedgerLot {
  readonly id: string
  /** The app that made it. Only that app can void it, and its expiry is an entry of that app. */
  readonly app: string
  readonly ownerId: string
  /** The book of the account. */
  readonly book: string
  /** The id of the entry that made it. Null for the balance that the account had before its first lot. */
  readonly entryId: string | null
  /** The seq of that entry. 0 without one. */
  readonly seq: number
  /** The credits that it had at first, >= 1. */
  readonly amount: number
  /** The credits that are left and have not expired. */
  readonly rest: number
  /** The part of the rest that live holds keep. */
  readonly held: number
  /** 0 to 100. The lowest is spent first. */
  readonly priority: number
  readonly kind: LotKind
  readonly createdOn: Date
  /** Null: never. What a hold keeps then stays until the hold ends. */
  readonly expiresOn: Date | null
}

/** What one entry took from a lot, or gave back to it. */
export interface LotUse {
  readonly lotId: string
  readonly entryId: string
  /** The seq of that entry. */
  readonly seq: number
  /** Counts the uses of the entry from 1. 0 is what a new lot paid of a balance below 0. */
  readonly place: number
  /** Signed credits of the lot: - taken, + given back. */
  readonly amount: number
}

/** The credits of an account that expire next. */
export interface Expiring {
  readonly amount: number
  readonly on: Date
}

/** What an owner had at a past moment, in credits. */
export interface PastBalance extends Pick<LedgerBalance, 'ownerId' | 'book' | 'amount'> {
  readonly asOf: Date
}

/** Whether a hold is live, or what ended it. */
export type HoldStatus = 'HELD' | 'CAPTURED' | 'RELEASED' | 'EXPIRED'

/**
 * Credits that are set aside for a later entry. They count as spent until the hold is captured, released or expired.
 * Its capture posts the operation.
 */
export interface LedgerHold<Operation extends string = string> extends NamedOperation<Operation> {
  /** '0' for a hold of a dry run. */
  readonly id: string
  readonly ownerId: string
  /** The book of the account. */
  readonly book: string
  /** The credits that were set aside, >= 1. */
  readonly amount: number
  /** How many of them captures have taken. While the hold is live, the rest is set aside. */
  readonly captured: number
  readonly nonce: string
  readonly metadata: LedgerMetadata
  readonly status: HoldStatus
  /** The id of the entry whose capture ended it. */
  readonly capturedBy: string | null
  readonly createdOn: Date
  readonly expiresOn: Date
  /** When a capture or a release ended it. */
  readonly releasedOn: Date | null
  /** The id of the dry run's transaction in which the hold was seen. Left out for a real hold. */
  readonly seenIn?: string
}
