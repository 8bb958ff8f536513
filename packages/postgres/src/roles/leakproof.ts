import type pg from 'pg'
import { codeOf } from '../errors.ts'

/**
 * Functions that the ledger's indexes are searched with. They reveal nothing about their arguments: one counts nulls,
 * the other compares the beginnings of texts. PostgreSQL does not know this. Under row-level security it then does not
 * use the index, and a role would read all of an owner's entries instead of a page.
 */
const functions = ['num_nonnulls("any")', 'starts_with(text,text)']

/** Lets the apps' roles use these indexes in this database, as the owner does. Returns what this user may not do. */
export async function searchByIndexes(connection: pg.ClientBase): Promise<string[]> {
  const { rows } = await connection.query<{ name: string }>(
    `SELECT p.oid::regprocedure::text AS name FROM pg_proc p
      WHERE p.oid = ANY ($1::regprocedure[]) AND NOT p.proleakproof`,
    [functions.map((name) => `pg_catalog.${name}`)],
  )
  if (rows.length === 0) return []
  try {
    await connection.query(rows.map(({ name }) => `ALTER FUNCTION pg_catalog.${name} LEAKPROOF`).join(';'))
    return []
  } catch (error) {
    if (codeOf(error) !== '42501') throw error
    return [
      'Pages of entries by operation, and of accounts by prefix, take longer: run this command as a superuser once.',
    ]
  }
}
