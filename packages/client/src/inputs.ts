import type { LedgerAccountOrder, LedgerEntryOrder, LedgerSummaryWindow, SharedOperation } from './types.ts'

/** A point in time: a Date, or a string such as 2026-11-21T10:15:30.000Z. */
export type Moment = Date | string

/** What every posting accepts. */
export interface PostingInput {
  /** The idempotency key, unique per app and account. When left out, the client makes a UUID. */
  readonly nonce?: string | undefined
  /** Stored with the posting: a flat object of strings. */
  readonly metadata?: Readonly<Record<string, string>> | undefined
  /** Returns what the posting would come to, and writes nothing. The ids in the result do not exist. */
  readonly dryRun?: boolean | undefined
}

/**
 * One entry. `amount` is in credits, >= 0; the operation decides the sign. It may be left out when the operation fixes
 * it.
 */
export interface EntryInput<Operation extends string = SharedOperation> {
  readonly ownerId: string
  readonly operation: Operation
  readonly amount?: number | undefined
  /**
   * When the credits expire, for an operation with a lot. Its own expiry applies if it is earlier. The app needs CREDIT_EXPIRED
   * and CREDIT_VOIDED.
   */
  readonly expiresOn?: Moment | undefined
}

/** What to post: one entry. */
export interface PostEntryInput<Operation extends string = SharedOperation>
  extends EntryInput<Operation>,
    PostingInput {}

/** One entry of a batch. */
export type BatchEntryInput<Operation extends string = SharedOperation> = Omit<
  PostEntryInput<Operation>,
  'dryRun'
>

/** Entries to post together: 1 to 100, in this order. Each entry needs enough available credits when its turn comes. */
export interface PostTransactionInput<Operation extends string = SharedOperation> extends PostingInput {
  readonly entries: readonly EntryInput<Operation>[]
  /** Requires the amounts to add up to zero, so that credits only move. */
  readonly balanced?: boolean | undefined
}

/** The sender, the receiver, and the number of credits, from 1. */
export interface TransferInput extends PostingInput {
  readonly from: string
  readonly to: string
  readonly amount: number
}

/**
 * The credits to give for those of another book. The operation takes them, and says what the owner gets for them. The
 * number of credits, from 1, is a multiple of its rate's `give`.
 */
export interface ExchangeInput<Operation extends string = never> extends PostingInput {
  readonly ownerId: string
  readonly operation: Operation
  readonly amount: number
}

/** Which transaction to undo. */
export interface ReverseTransactionInput extends PostingInput {
  readonly id: string
}

/**
 * The entry to refund, and the number of credits, from 1. When the entry took credits, the refund gives them back. When
 * it gave credits, the refund takes them back.
 */
export interface RefundEntryInput extends PostingInput {
  readonly id: string
  readonly amount: number
}

/** The credits to set aside, and the operation that will take them. */
export interface HoldCreditsInput<Operation extends string = SharedOperation>
  extends Omit<EntryInput<Operation>, 'expiresOn'>,
    PostingInput {
  /** Seconds until the credits are available again, 1 to 31,536,000 (365 days). */
  readonly expiresIn: number
}

/** The hold to capture, and the number of its credits, from 1. All that it keeps when left out. */
export interface CaptureHoldInput extends PostingInput {
  readonly id: string
  readonly amount?: number | undefined
  /** Whether the hold keeps the rest, for further captures. */
  readonly keepRest?: boolean | undefined
}

/** The hold to prolong, and until when. */
export interface ProlongHoldInput {
  readonly id: string
  /** At most 365 days after the hold was made. */
  readonly expiresOn: Moment
}

/** Which lot to void, and why. */
export interface VoidLotInput extends PostingInput {
  readonly id: string
  readonly metadata: Readonly<Record<string, string>> & { readonly reason: string }
}

/** How far below 0 an owner's balance may go, in credits, >= 0. Only the app that made a book may set it. */
export interface SetOverdraftInput<Book extends string = never> extends InBook<Book> {
  readonly ownerId: string
  readonly limit: number
}

/** In which book, for an app with several: its name in the graph, in upper case. The app's own when left out. */
export interface InBook<Book extends string = never> {
  readonly book?: Book | undefined
}

/** Selects entries. Without any field, all of the app's. */
export interface EntryFilter<Operation extends string = SharedOperation, Book extends string = never>
  extends InBook<Book> {
  /**
   * Whose entries. Those of all owners when left out, by id: with a filter, a page looks at 10,000 entries at most, and its
   * end cursor then continues the search.
   */
  readonly ownerId?: string | undefined
  readonly operations?: readonly Operation[] | undefined
  /** Only entries from this moment on. */
  readonly from?: Moment | undefined
  /** Only entries before this moment. */
  readonly to?: Moment | undefined
  /** NEWEST_FIRST when left out. */
  readonly order?: LedgerEntryOrder | undefined
  /**
   * Only entries with this pair in their metadata. A page looks at 10,000 entries at most. It may have fewer matches
   * than asked for, and its end cursor then continues the search.
   */
  readonly metadata?: { readonly key: string; readonly value: string } | undefined
}

/**
 * Selects the entries to sum up, of one owner or of the whole app. `from` is included, `to` is not. `per` is the length
 * of a window.
 */
export interface SummaryInput<Operation extends string = SharedOperation, Book extends string = never>
  extends InBook<Book> {
  readonly ownerId?: string | undefined
  readonly from: Moment
  readonly to: Moment
  readonly per: LedgerSummaryWindow
  readonly operations?: readonly Operation[] | undefined
}

/** Selects lots of one account. */
export interface LotFilter<Book extends string = never> extends InBook<Book> {
  readonly ownerId: string
  /** Only lots with credits left. */
  readonly live?: boolean | undefined
}

/** Selects the lots of an owner, or of the whole app, and windows. `from` is included, `to` is not. */
export interface LotSummaryInput<Book extends string = never> extends OutstandingInput<Book> {
  readonly ownerId?: string | undefined
}

/** Selects accounts whose owner begins with `prefix`, or all. */
export interface AccountFilter<Book extends string = never> extends InBook<Book> {
  readonly prefix?: string | undefined
  /** By owner when left out. Each page of another order is of its moment. */
  readonly order?: LedgerAccountOrder | undefined
}

/** Selects the windows of a book. `from` is included, `to` is not. `per` is the length of a window. */
export interface OutstandingInput<Book extends string = never> extends InBook<Book> {
  readonly from: Moment
  readonly to: Moment
  readonly per: LedgerSummaryWindow
}

/** The first entries after a cursor, or the last ones before a cursor: 20 when left out, 100 at most. */
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
