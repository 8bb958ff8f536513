import type { Seed } from './seed.ts'

/** A way to break a ledger: what is done, and which question names which row. */
export type Breakage = readonly [
  name: string,
  question: string,
  statement: string,
  values: (seed: Seed) => readonly unknown[],
  row: (seed: Seed) => { broken: string; found?: string; expected?: string },
]

export const named = (entry: { id: string; seq: number; ownerId: string }) =>
  `entry ${entry.id} (seq ${entry.seq} of "${entry.ownerId}")`

export const setEntry = (column: string) =>
  `UPDATE ledger.entries SET ${column} = $3 WHERE app = $1 AND id = $2` as const
export const setHold = (column: string) =>
  `UPDATE ledger.holds SET ${column} = $3 WHERE app = $1 AND id = $2` as const
export const setAccount = (column: string) =>
  `UPDATE ledger.accounts SET ${column} = $3 WHERE book = $1 AND owner_id = $2` as const
