import type pg from 'pg'

/** What the database has for an app: its operations, and its partition with constraints and indexes. */
export async function stateOf(sql: pg.Client, app: string) {
  const { rows } = await sql.query(
    `SELECT a.operations, a.retired, a.updated_on, c.oid::text, c.relfilenode::text,
            (SELECT array_agg(pg_get_constraintdef(k.oid) ORDER BY k.oid) FROM pg_constraint k WHERE k.conrelid = c.oid) AS constraints,
            (SELECT array_agg(i.indexrelid::text ORDER BY 1) FROM pg_index i WHERE i.indrelid = c.oid) AS indexes
       FROM ledger.apps a JOIN pg_class c ON c.oid = format('ledger.entries_%s', a.app)::regclass WHERE a.app = $1`,
    [app],
  )
  return rows[0]
}
