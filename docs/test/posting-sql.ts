/** A posting of one entry, as SQL. */
interface Posting {
  readonly app: string
  readonly ownerId: string
  readonly operation: string
  /** Signed credits. */
  readonly amount: number
  readonly nonce: string
}

/** SQL that posts one entry, as the ledger does, and answers `outcome`. */
export function postingSql({ app, ownerId, operation, amount, nonce }: Posting): string {
  const request = (id: string) => `json_build_object('id', ${id}, 'nonce', '${nonce}', 'metadata', '{}'::json,
    'lines', json_build_array(json_build_object(
      'account', 1, 'operation', '${operation}', 'amount', ${amount}, 'requested', ${amount})))`
  return `SELECT ledger.post('${app}', ARRAY['${ownerId}'], json_build_array(${request('gen_random_uuid()')}), false)
            -> 0 ->> 'outcome' AS outcome`
}
