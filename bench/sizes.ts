/** How much data a run makes, and how much load. */
export interface Sizes {
  /** Owners over which postings are spread. */
  readonly owners: number
  /** Entries of each owner before the first posting. */
  readonly entriesPerOwner: number
  /** The number of entries of each owner that is read. */
  readonly histories: readonly number[]
  /** How many of the newest entries come before the deep page of the longest history. */
  readonly depth: number
  /** How many callers, or connections, post at the same time. */
  readonly callers: readonly number[]
  /** The number of callers in the table of results. */
  readonly usualCallers: number
  /** Transactions in one call of ledger.post: the most that the batcher sends. */
  readonly batch: number
  /** Entries in one call of postEntries. */
  readonly bulk: number
  /** How long another transaction locks an owner. */
  readonly lockSeconds: number
}

export const fullSizes: Sizes = {
  owners: 10_000,
  entriesPerOwner: 10,
  histories: [10, 1_000, 100_000, 1_000_000],
  depth: 500_000,
  callers: [1, 16, 64, 256],
  usualCallers: 64,
  batch: 256,
  bulk: 1_000,
  lockSeconds: 5,
}

/** Sizes that are large enough to show that everything runs. */
export const tinySizes: Sizes = {
  owners: 40,
  entriesPerOwner: 2,
  histories: [10, 20, 40, 80],
  depth: 40,
  callers: [1, 2, 4, 8],
  usualCallers: 4,
  batch: 16,
  bulk: 20,
  lockSeconds: 0.1,
}
