/** A posting of one entry, as SQL. */
interface Posting {
  readonly app: string
  readonly ownerId: string
  readonly operation: string
  /** Signed credits. */
  readonly amount: number
  readonly nonce: string
}

/** Returns SQL that posts one entry as the ledger does, with the column `outcome`. */
export function postingSql({ app, ownerId, operation, amount, nonce }: Posting): string {
  const entry = `'${ownerId}', gen_random_uuid(), '${nonce}', NULL, '${operation}', ${amount}, ${amount}`
  return `SELECT coalesce(ledger.append_${app}(${entry}) -> 'answers' -> 0 ->> 'outcome', 'posted') AS outcome`
}
