/** One posting to one owner's account. Never changed, never deleted. */
export interface LedgerEntry<Operation extends string = string> {
  readonly id: string
  readonly ownerId: string
  /** Counts the account's entries from 1, without gaps. */
  readonly seq: number
  readonly operation: Operation
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
}

/** Anything the caller wants to keep with an entry: a flat object of strings. */
export type LedgerMetadata = Readonly<Record<string, string>>

/** What an owner has in an app, in credits. An owner never seen has 0. */
export interface LedgerBalance {
  readonly ownerId: string
  readonly amount: number
}
