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

/** Gives a hold to the owner in $3. An UPDATE of the owner would be refused on a cluster: it moves the row. */
export const giveHold = `
  WITH taken AS (DELETE FROM ledger.holds WHERE app = $1 AND id = $2 RETURNING *)
  INSERT INTO ledger.holds
  SELECT app, book, $3, id, operation, amount, nonce, metadata, created_on, expires_on, released_on, captured_by,
         captured, first_expires_on
    FROM taken`

/** Gives an entry to the owner in $3, with the seq 100. */
export const giveEntry = `
  WITH taken AS (DELETE FROM ledger.entries WHERE app = $1 AND id = $2 RETURNING *)
  INSERT INTO ledger.entries
  SELECT app, book, $3, 100, id, operation, amount, balance_after, nonce, place, transaction_id, metadata, created_on,
         reverses, refunds, hold_id, hash
    FROM taken`
