/**
 * How much a request may ask for. Messages, the graph's descriptions and openapi.json take the numbers from here. SQL,
 * doc comments and docs cannot, so docs/test/limits.test.ts compares them.
 */
export const limits = {
  /** Code points of an owner's id and of a nonce. */
  idCharacters: 255,
  metadataKeys: 20,
  /** Bytes of UTF-8, in keys and values together. */
  metadataBytes: 4096,
  transactionEntries: 100,
  batchEntries: 1000,
  pageSize: 100,
  /** The size of a page that does not give one. */
  defaultPageSize: 20,
  /** The newest holds of an owner. */
  liveHolds: 100,
  /** The lots of an owner that are spent first. */
  liveLots: 100,
  /** The first entries that captured a hold. */
  capturesOfHold: 100,
  /** What an entry took from lots and gave back to them. */
  usesOfEntry: 100,
  summaryWindows: 1000,
  /** 365 days. */
  holdSeconds: 31_536_000,
} as const
