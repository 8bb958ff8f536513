/** What more than one package says of input that it refuses. */
export const messages = {
  /** Said of a list of entries that has none, or more than it may have. */
  listOf: (maxEntries: number) => `must be a list of 1 to ${maxEntries} entries`,
  /** Said of an operation that is no longer posted. */
  retired: (operation: string) =>
    `${operation} is retired: its entries are read and corrected, and no new ones are posted`,
  /** Said of an operation that only the app's own code posts. */
  internal: (operation: string) => `${operation} is internal: the app itself posts it, and no request does`,
} as const
