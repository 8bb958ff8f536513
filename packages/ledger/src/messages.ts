/** Messages about refused input that several packages use. */
export const messages = {
  /** For a list of entries that is empty or too long. */
  listOf: (maxEntries: number) => `must be a list of 1 to ${maxEntries} entries`,
  /** For an operation that is no longer posted. */
  retired: (operation: string) =>
    `${operation} is retired: its entries are read and corrected, and no new ones are posted`,
  /** For an operation that only the app's own code posts. */
  internal: (operation: string) => `${operation} is internal: only the app itself posts it`,
  /** For what only the app that made a book may do. */
  notTheMaker: (book: string) =>
    `concerns the book ${book}, which another app has made: only that app may do this`,
} as const
