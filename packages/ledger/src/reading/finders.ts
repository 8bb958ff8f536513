import type DataLoader from 'dataloader'
import { byBook } from '../by-book.ts'
import { query } from '../database/database-errors.ts'
import type { Sql } from '../database/sql.ts'
import type { LedgerBalance, LotUse } from '../entry.ts'
import type { EntryRow, HoldRow, LotRow } from '../rows.ts'
import { createLoader } from './loader.ts'

const idPattern = /^[1-9]\d{0,17}$/
const uuidPattern = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

/** Finds a value for each key, in the order of the keys. */
type FindAll<Key, Found> = (sql: Sql, keys: readonly Key[]) => Promise<readonly Found[]>

/** Finds the value for one key, through the ledger's client or an app's own transaction. */
type Find<Key, Found> = (sql: Sql, key: Key) => Promise<Found>

/** The most keys that one query looks up. */
const maxKeys = 1000

/**
 * Creates one app's look-ups. Keys that are looked up through one `sql` in one turn of the event loop share one query.
 */
export function createFinders(app: string) {
  return {
    /** Returns the look-ups in a book. */
    inBook: byBook((book) => createBookFinders(app, book)),

    /** Null when there is none. */
    entryById: finder<string, EntryRow | null>((sql, ids) => {
      const known = ids.map((id) => (idPattern.test(id) ? id : null))
      return foundBy(
        ids,
        sql('SELECT ledger.entries_by_id($1::text, $2::bigint[]) AS found', [app, known]),
        ({ id }: EntryRow) => id,
      )
    }),

    /** In the order in which they were posted. Null when there are none. */
    entriesByTransaction: finder<string, readonly EntryRow[] | null>(async (sql, ids) => {
      const known = ids.map((id) => (uuidPattern.test(id) ? id : null))
      const rows = await found<EntryRow>(
        sql('SELECT ledger.entries_by_transaction($1::text, $2::uuid[]) AS found', [app, known]),
      )
      const byId = new Map<string, EntryRow[]>()
      for (const row of rows) {
        const entries = byId.get(row.transactionId)
        if (entries) entries.push(row)
        else byId.set(row.transactionId, [row])
      }
      return ids.map((id) => byId.get(id.toLowerCase()) ?? null)
    }),

    /** Null when there is none. */
    holdById: finder<string, HoldRow | null>((sql, ids) => {
      const known = ids.map((id) => (idPattern.test(id) ? id : null))
      return foundBy(
        ids,
        sql('SELECT ledger.holds_by_id($1::text, $2::bigint[]) AS found', [app, known]),
        ({ id }: HoldRow) => id,
      )
    }),

    /** A lot that the app made. Null when there is none. */
    lotById: finder<string, LotRow | null>((sql, ids) => {
      const known = ids.map((id) => (idPattern.test(id) ? id : null))
      return foundBy(
        ids,
        sql('SELECT ledger.lots_by_id($1::text, $2::bigint[]) AS found', [app, known]),
        ({ id }: LotRow) => id,
      )
    }),
  }
}

export type Finders = ReturnType<typeof createFinders>

/** Creates one app's look-ups in a book. */
function createBookFinders(app: string, book: string) {
  return {
    /** The first entry with an owner's nonce. Null when there is none. */
    entryByNonce: finder<{ readonly ownerId: string; readonly nonce: string }, EntryRow | null>(
      (sql, keys) => {
        const [ownerIds, nonces] = [keys.map(({ ownerId }) => ownerId), keys.map(({ nonce }) => nonce)]
        return foundBy(
          keys.map(keyOf),
          sql('SELECT ledger.entries_by_nonce($1::text, $2::text[], $3::text[], $4::text) AS found', [
            app,
            ownerIds,
            nonces,
            book,
          ]),
          keyOf<EntryRow>,
        )
      },
    ),

    balance: finder<string, LedgerBalance>(async (sql, ownerIds) => {
      const balances = await foundBy<Omit<LedgerBalance, 'book'>>(
        ownerIds,
        sql('SELECT ledger.balances($1::text, $2::text[]) AS found', [book, ownerIds]),
        ({ ownerId }) => ownerId,
      )
      return balances.map((balance, index) => ({ ...(balance ?? emptyBalance(ownerIds[index] ?? '')), book }))
    }),

    /** The balance after the owner's last entry up to a moment. Null before the first entry. */
    amountAt: finder<{ readonly ownerId: string; readonly asOf: Date }, number | null>((sql, keys) => {
      const ownerIds = keys.map(({ ownerId }) => ownerId)
      const moments = keys.map(({ asOf }) => asOf.toISOString())
      return found(
        sql('SELECT ledger.amounts_at($1::text, $2::text[], $3::timestamptz[], $4::text) AS found', [
          app,
          ownerIds,
          moments,
          book,
        ]),
      )
    }),

    /** An owner's live holds, newest first, up to 100. Null when there are none. */
    liveHolds: finder<string, readonly HoldRow[] | null>((sql, ownerIds) =>
      found(
        sql('SELECT ledger.live_holds_of($1::text, $2::text[], $3::text) AS found', [app, ownerIds, book]),
      ),
    ),

    /** The entries that captured a hold of an owner, oldest first, up to 100. Null when there are none. */
    capturesOf: finder<{ readonly ownerId: string; readonly holdId: string }, readonly EntryRow[] | null>(
      (sql, keys) =>
        found(
          sql('SELECT ledger.captures_of($1::text, $2::text[], $3::bigint[], $4::text) AS found', [
            app,
            keys.map(({ ownerId }) => ownerId),
            keys.map(({ holdId }) => (idPattern.test(holdId) ? holdId : null)),
            book,
          ]),
        ),
    ),

    /** The lots that an owner's credits are spent from, in this order, up to 100. Null when there are none. */
    liveLots: finder<string, readonly LotRow[] | null>((sql, ownerIds) =>
      found(sql('SELECT ledger.live_lots($1::text, $2::text[]) AS found', [book, ownerIds])),
    ),

    /** What an entry took from lots and gave back to them, up to 100 uses. Null when there are none. */
    usesOfEntry: finder<{ readonly ownerId: string; readonly entryId: string }, readonly LotUse[] | null>(
      (sql, keys) =>
        found(
          sql('SELECT ledger.uses_of_entries($1::text, $2::text[], $3::bigint[]) AS found', [
            book,
            keys.map(({ ownerId }) => ownerId),
            keys.map(({ entryId }) => (idPattern.test(entryId) ? entryId : null)),
          ]),
        ),
    ),

    /** The credits of an owner that expire next. Null when none do. */
    expiring: finder<string, { readonly amount: number; readonly on: number } | null>((sql, ownerIds) =>
      found(sql('SELECT ledger.expiring($1::text, $2::text[]) AS found', [book, ownerIds])),
    ),
  }
}

/**
 * Turns a query for many keys into a look-up of one key. Keys of one `sql` and one turn of the event loop share a
 * query.
 */
function finder<Key, Found>(findAll: FindAll<Key, Found>): Find<Key, Found> {
  const loaders = new WeakMap<Sql, DataLoader<Key, Found>>()
  return (sql, key) => {
    const known = loaders.get(sql)
    if (known) return known.load(key)
    const loader = createLoader((keys: readonly Key[]) => findAll(sql, keys), maxKeys)
    loaders.set(sql, loader)
    return loader.load(key)
  }
}

type FoundRows<Found> = PromiseLike<readonly { readonly found: readonly Found[] | null }[]>

/** Returns the one array that a function of prisma/functions/find.sql returns. */
async function found<Found>(rows: FoundRows<Found>): Promise<readonly Found[]> {
  const [row] = await query(() => rows)
  return row?.found ?? []
}

/** Returns the value for each key, from values in any order. */
async function foundBy<Found>(
  keys: readonly string[],
  rows: FoundRows<Found>,
  keyOf: (row: Found) => string,
): Promise<readonly (Found | null)[]> {
  const byKey = new Map((await found(rows)).map((row) => [keyOf(row), row]))
  return keys.map((key) => byKey.get(key) ?? null)
}

/** Joins an owner and a nonce. No nonce contains NUL. */
function keyOf<Key extends { readonly ownerId: string; readonly nonce: string }>({
  ownerId,
  nonce,
}: Key): string {
  return `${ownerId}\0${nonce}`
}

function emptyBalance(ownerId: string): Omit<LedgerBalance, 'book'> {
  return { ownerId, amount: 0, overdraft: 0, held: 0, available: 0, state: 'OPEN' }
}
