/** An entry as a client was told of it. */
export interface ToldEntry {
  readonly id: string
  readonly owner: string
  readonly operation: string
  readonly amount: number
  readonly balanceAfter: number
  readonly nonce: string
  readonly transactionId: string
  /** ISO 8601, to the millisecond. */
  readonly createdOn: string
}

export interface Done {
  readonly is: 'done'
  /** All entries of the posting, or the one that a refused duplicate names. */
  readonly entries: readonly ToldEntry[]
  /** For a hold, capture or release. */
  readonly hold?: { readonly id: string; readonly status: string }
  /** For an agreed project. */
  readonly projectId?: string
  readonly isReplay: boolean
}

/** What one answer says about one posting. */
export type Outcome =
  | Done
  /** Nothing was written. */
  | { readonly is: 'refused'; readonly code: string }
  /** Whether it was carried out is open: there was no answer, or one that says to try again. */
  | { readonly is: 'unknown'; readonly why: string }
  /** An answer that no client may get. */
  | { readonly is: 'wrong'; readonly what: string }

export const wrong = (what: string): Outcome => ({ is: 'wrong', what: what.slice(0, 1000) })
export const unknown = (why: string): Outcome => ({ is: 'unknown', why })
