import type pg from 'pg'
import { expect } from 'vitest'
import type { ModelLot, ModelUse } from './lots.ts'
import type { AuditedAccount } from './play.ts'

interface Row {
  readonly entries: AuditedAccount['entries'] | null
  readonly lots: readonly ModelLot[] | null
  readonly uses: readonly ModelUse[] | null
}

/** Compares everything that the database has of accounts with what the model knows. Lots and entries are named by their order. */
export async function compareAccounts(
  pool: pg.Pool,
  accounts: readonly AuditedAccount[],
  {
    bookOf,
    balanceAt,
  }: {
    bookOf: (account: AuditedAccount) => string
    balanceAt: (account: AuditedAccount, moment: number) => Promise<number>
  },
): Promise<void> {
  for (const account of accounts) {
    const { rows } = await pool.query<Row>(everything, [bookOf(account), account.ownerId])
    const past = []
    for (const { moment } of account.past) past.push({ moment, amount: await balanceAt(account, moment) })
    const { ownerId, book } = account
    const { entries, lots, uses } = rows[0] ?? { entries: null, lots: null, uses: null }
    const found = { ownerId, book, entries: entries ?? [], lots: lots ?? [], uses: uses ?? [], past }
    expect(found).toEqual({
      ...account,
      uses: account.uses.toSorted((a, b) => a.seq - b.seq || a.place - b.place || a.lot - b.lot),
    })
  }
}

const everything = `
  WITH numbered AS (
    SELECT l.id, l.amount, l.rest, l.priority, l.kind, l.expires_on, coalesce(l.first_expires_on, l.expires_on) AS first_expires_on,
           row_number() OVER (ORDER BY l.seq, l.id) AS number, e.seq AS made_by
      FROM ledger.lots l LEFT JOIN ledger.entries e ON (e.book, e.owner_id, e.id) = (l.book, l.owner_id, l.entry_id)
     WHERE l.book = $1 AND l.owner_id = $2
  )
  SELECT (
    SELECT json_agg(json_build_object(
             'seq', seq, 'operation', operation, 'amount', amount, 'balanceAfter', balance_after,
             'createdOn', (extract(epoch FROM created_on) * 1000)::bigint) ORDER BY seq)
      FROM ledger.entries WHERE book = $1 AND owner_id = $2
  ) AS entries, (
    SELECT json_agg(json_build_object(
             'number', number, 'amount', amount, 'rest', rest, 'priority', priority, 'kind', kind,
             'expiresOn', (extract(epoch FROM expires_on) * 1000)::bigint,
             'firstExpiresOn', (extract(epoch FROM first_expires_on) * 1000)::bigint, 'madeBy', made_by) ORDER BY number)
      FROM numbered
  ) AS lots, (
    SELECT json_agg(json_build_object(
             'seq', e.seq, 'place', u.place, 'lot', l.number, 'amount', u.amount, 'returns', r.seq) ORDER BY e.seq, u.place, l.number)
      FROM ledger.lot_uses u
      JOIN numbered l ON l.id = u.lot_id
      JOIN ledger.entries e ON (e.book, e.owner_id, e.id) = (u.book, u.owner_id, u.entry_id)
      LEFT JOIN ledger.entries r ON (r.book, r.owner_id, r.id) = (u.book, u.owner_id, u.returns)
     WHERE u.book = $1 AND u.owner_id = $2
  ) AS uses`
