import { withConnection } from '@shared-ledger/postgres'
import { apps } from '../requests.ts'

/** The owners of the entries that are there before clients come. */
export const oldOwners = 'old %'

const entriesPerOwner = 100

/** The hash of each entry follows from the one before. */
const chain = [
  `CREATE FUNCTION pg_temp.chained(before bytea, start bytea, form bytea) RETURNS bytea LANGUAGE plpgsql AS $$
   BEGIN
     RETURN ledger.next_hash(coalesce(before, start), form);
   END $$`,
  'CREATE AGGREGATE pg_temp.chain(start bytea, form bytea) (SFUNC = pg_temp.chained, STYPE = bytea)',
]

/** An entry a second of $2 owners of an app, $3 each. */
const entries = `INSERT INTO ledger.entries (
    app, book, owner_id, seq, id, operation, amount, balance_after, nonce, transaction_id, created_on, hash
  )
  SELECT $1, $1, owner_id, seq, id, 'CREDIT_ADD', 1, seq, 'old ' || seq, transaction_id, created_on,
         pg_temp.chain(ledger.chain_start($1, owner_id), ledger.entry_form(
           $1, $1, owner_id, seq, id, 'CREDIT_ADD', 1, seq, 'old ' || seq, 1, transaction_id, '{}', created_on,
           NULL, NULL, NULL)) OVER (PARTITION BY owner_id ORDER BY seq)
    FROM (SELECT 'old ' || o AS owner_id, s AS seq, nextval('ledger.entries_id_seq') AS id,
                 gen_random_uuid() AS transaction_id,
                 date_trunc('second', ledger.now()) - interval '1 day' + s * interval '1 second' AS created_on
            FROM generate_series(1, $2::integer) o, generate_series(1, $3::bigint) s OFFSET 0) e`

const accounts = `INSERT INTO ledger.accounts (book, owner_id, balance, seq, created_on, updated_on, head)
  SELECT book, owner_id, balance_after, seq, created_on, created_on, hash
    FROM ledger.entries WHERE app = $1 AND seq = $2`

/** Fills a ledger on one PostgreSQL with so many entries, half of them in each app. */
export async function fill(url: string, count: number): Promise<void> {
  const owners = Math.round(count / apps.length / entriesPerOwner)
  await withConnection(url, async (sql) => {
    for (const statement of chain) await sql.query(statement)
    for (const app of apps) {
      await sql.query(entries, [app, owners, entriesPerOwner])
      await sql.query(accounts, [app, entriesPerOwner])
    }
    await sql.query('VACUUM (ANALYZE)')
  })
}

/** Returns how many of these entries there are, and the sum of their amounts. */
export async function countOld(url: string): Promise<{ readonly entries: number; readonly sum: number }> {
  return withConnection(url, async (sql) => {
    const { rows } = await sql.query<{ entries: number; sum: number }>(
      'SELECT count(*)::integer AS entries, coalesce(sum(amount), 0)::integer AS sum FROM ledger.entries WHERE owner_id LIKE $1',
      [oldOwners],
    )
    return rows[0] ?? { entries: 0, sum: 0 }
  })
}
