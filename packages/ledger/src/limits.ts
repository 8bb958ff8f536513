/**
 * How much a request may ask for. Messages, the graph's descriptions and openapi.json print these. SQL, doc comments and
 * docs cannot: docs/test/limits.test.ts compares them.
 */
export const limits = {
  /** Code points of an owner's id and of a nonce. */
  idCharacters: 255,
  metadataKeys: 20,
  /** Of UTF-8, in keys and values together. */
  metadataBytes: 4096,
  transactionEntries: 100,
  batchEntries: 1000,
  pageSize: 100,
  /** Of a page that does not say its size. */
  defaultPageSize: 20,
  /** The newest of an owner. */
  liveHolds: 100,
  summaryWindows: 1000,
  /** A year. */
  holdSeconds: 31_536_000,
} as const
