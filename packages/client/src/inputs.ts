import type { LedgerEntryOrder, LedgerSummaryWindow, SharedOperation } from './types.ts'

/** A point in time: a Date, or a string such as 2026-11-21T10:15:30.000Z. */
export type Moment = Date | string

/** What every posting takes. */
export interface PostingInput {
  /** The idempotency key, unique per owner. The client makes a UUID when it is left out. */
  readonly nonce?: string | undefined
  /** Kept with what is posted: a flat object of strings. */
  readonly metadata?: Readonly<Record<string, string>> | undefined
  /** Answers what the posting would come to, and writes nothing: its ids name nothing. */
  readonly dryRun?: boolean | undefined
}

/** One entry. The amount is in credits, >= 0 (the operation gives the sign); a fixed one may be left out. */
export interface EntryInput<Operation extends string = SharedOperation> {
  readonly ownerId: string
  readonly operation: Operation
  readonly amount?: number | undefined
}

/** What to post: one entry. */
export interface PostEntryInput<Operation extends string = SharedOperation>
  extends EntryInput<Operation>,
    PostingInput {}

/** One of the entries to post in a batch. */
export type BatchEntryInput<Operation extends string = SharedOperation> = Omit<
  PostEntryInput<Operation>,
  'dryRun'
>

/** What to post together: 1 to 100 entries, in this order. Each must itself leave enough available. */
export interface PostTransactionInput<Operation extends string = SharedOperation> extends PostingInput {
  readonly entries: readonly EntryInput<Operation>[]
  /** Demands that the amounts add up to zero: credits move, none are made. */
  readonly balanced?: boolean | undefined
}

/** Who sends credits to whom, and how many, from 1. */
export interface TransferInput extends PostingInput {
  readonly from: string
  readonly to: string
  readonly amount: number
}

/** Which transaction to undo. */
export interface ReverseTransactionInput extends PostingInput {
  readonly id: string
}

/** Of which entry to give credits back, and how many, from 1 (of an entry that gave credits: to take back). */
export interface RefundEntryInput extends PostingInput {
  readonly id: string
  readonly amount: number
}

/** What to set aside, by an operation that takes credits. */
export interface HoldCreditsInput<Operation extends string = SharedOperation>
  extends EntryInput<Operation>,
    PostingInput {
  /** Seconds until the credits are available again, 1 to 31,536,000 (365 days). */
  readonly expiresIn: number
}

/** Which hold to capture, and how many of its credits, from 1: all when left out. */
export interface CaptureHoldInput extends PostingInput {
  readonly id: string
  readonly amount?: number | undefined
}

/** How far below 0 an owner's balance may go, in credits, >= 0. */
export interface SetOverdraftInput {
  readonly ownerId: string
  readonly limit: number
}

/** Whose entries, and which of them: all when the rest is left out. */
export interface EntryFilter<Operation extends string = SharedOperation> {
  readonly ownerId: string
  readonly operations?: readonly Operation[] | undefined
  /** Only entries from this moment on. */
  readonly from?: Moment | undefined
  /** Only entries before this moment. */
  readonly to?: Moment | undefined
  /** NEWEST_FIRST when left out. */
  readonly order?: LedgerEntryOrder | undefined
  /**
   * Only entries with this in their metadata. At most 10,000 entries are looked at for a page: one with fewer
   * matches is short, and its end cursor goes on.
   */
  readonly metadata?: { readonly key: string; readonly value: string } | undefined
}

/** Whose entries to sum up (the whole app's when left out), from one moment on to before another, in which windows. */
export interface SummaryInput<Operation extends string = SharedOperation> {
  readonly ownerId?: string | undefined
  readonly from: Moment
  readonly to: Moment
  readonly per: LedgerSummaryWindow
  readonly operations?: readonly Operation[] | undefined
}

/** Which accounts: those of owners that begin with `prefix`, or all. */
export interface AccountFilter {
  readonly prefix?: string | undefined
}

/** The first of a list after a cursor, or the last ones before one: 20 when left out, 100 at most. */
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
