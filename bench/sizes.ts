/** How much a run builds and asks for. */
export interface Sizes {
  /** Owners over whom postings are spread. */
  readonly owners: number
  /** Entries that each of them has before the first posting. */
  readonly entriesPerOwner: number
  /** Owners that are read from, by the number of their entries. */
  readonly histories: readonly number[]
  /** How many of its newest entries the deep page of the longest history leaves out. */
  readonly depth: number
  /** How many callers, or connections, post at the same time. */
  readonly callers: readonly number[]
  /** The one of them that the table of results is about. */
  readonly usualCallers: number
  /** Transactions in one call of ledger.post, as the batcher sends at most. */
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

/** Enough to see that everything runs. */
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
