import pg from 'pg'
import type { Audit } from './audit.ts'

/** An entry in the database. */
export interface EntryRow {
  readonly app: string
  readonly owner_id: string
  readonly seq: string
  readonly id: string
  readonly operation: string
  readonly amount: string
  readonly balance_after: string
  readonly nonce: string
  readonly transaction_id: string
  /** ISO 8601, to the millisecond. */
  readonly created_on: string
  readonly hold_id: string | null
  /** The nonce of the entry whose credits expired by this one. Null for any other entry. */
  readonly expired_from: string | null
}

export interface HoldRow {
  readonly app: string
  readonly owner_id: string
  readonly id: string
  readonly operation: string
  readonly amount: string
  readonly nonce: string
  readonly is_released: boolean
  readonly captured_by: string | null
}

export interface AccountRow {
  readonly book: string
  readonly owner_id: string
  readonly balance: string
  readonly overdraft: string
  readonly held: string
  readonly seq: string
}

/** A row of an app's own table, written in one transaction with entries. */
export interface AppRow {
  readonly app: 'content' | 'freelance'
  /** The nonce of the request that wrote it, which is its title. */
  readonly nonce: string
  /** The id of the content's entry, or of the project's transaction. Null: not paid. */
  readonly posted: string | null
}

const entries = `SELECT e.app, e.owner_id, e.seq, e.id, e.operation, e.amount, e.balance_after, e.nonce, e.transaction_id, e.hold_id,
    to_char(e.created_on AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS created_on, given.nonce AS expired_from
  FROM ledger.entries e
  LEFT JOIN ledger.lot_uses u
    ON e.operation = 'CREDIT_EXPIRED' AND u.book = e.book AND u.owner_id = e.owner_id AND u.entry_id = e.id
  LEFT JOIN ledger.lots l ON l.book = u.book AND l.owner_id = u.owner_id AND l.id = u.lot_id
  LEFT JOIN ledger.entries given ON given.book = l.book AND given.owner_id = l.owner_id AND given.seq = l.seq
  WHERE e.owner_id NOT LIKE $1 ORDER BY e.app, e.book, e.owner_id, e.seq`

const holds = `SELECT app, owner_id, id, operation, amount, nonce, released_on IS NOT NULL AS is_released, captured_by
  FROM ledger.holds`

const accounts = `SELECT book, owner_id, balance, overdraft, held, seq
  FROM ledger.accounts WHERE owner_id NOT LIKE $1`

const appRows = `SELECT 'content' AS app, title AS nonce, entry_id::text AS posted FROM content.contents
  UNION ALL SELECT 'freelance', title, transaction_id::text FROM freelance.projects`

/**
 * Passes all rows to an audit, one by one.
 *
 * @param without A pattern for the owners whose accounts no client has used.
 */
export async function readLedger(client: pg.ClientBase, audit: Audit, without = ''): Promise<void> {
  await each<EntryRow>(client, [entries, without], (row) => audit.entry(row))
  await each<HoldRow>(client, [holds], (row) => audit.hold(row))
  await each<AccountRow>(client, [accounts, without], (row) => audit.account(row))
  await each<AppRow>(client, [appRows], (row) => audit.appRow(row))
}

/** Runs a query and passes its rows on as they come, so that a long run fits into memory. */
function each<Row extends object>(
  client: pg.ClientBase,
  [text, ...values]: readonly [text: string, ...values: string[]],
  onRow: (row: Row) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const query = client.query(new pg.Query<Row>({ text, values }))
    query.on('row', onRow)
    query.on('end', () => resolve())
    query.on('error', reject)
  })
}
