import type DataLoader from 'dataloader'
import type { TransactionClient } from '../database/database.ts'
import { query } from '../database/database-errors.ts'
import type { LedgerBalance } from '../entry.ts'
import type { EntryRow, HoldRow } from '../rows.ts'
import { createLoader } from './loader.ts'

const idPattern = /^[1-9]\d{0,17}$/
const uuidPattern = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

/** Finds a value for each key, in the order of the keys. */
type FindAll<Key, Found> = (client: TransactionClient, keys: readonly Key[]) => Promise<readonly Found[]>

/** Finds the value for one key, through the ledger's client or an app's own transaction. */
type Find<Key, Found> = (client: TransactionClient, key: Key) => Promise<Found>

/** The most keys that one query looks up. */
const maxKeys = 1000

/**
 * Creates one app's look-ups. Keys that are looked up through one client in one turn of the event loop share one query.
 */
export function createFinders(app: string) {
  // Each statement is one template. An app's Prisma client may come from another copy of Prisma, which does not
  // recognise SQL fragments of ours.
  return {
    /** Null when there is none. */
    entryById: finder<string, EntryRow | null>((client, ids) => {
      const known = ids.map((id) => (idPattern.test(id) ? id : null))
      return foundBy(
        ids,
        client.$queryRaw`SELECT ledger.entries_by_id(${app}::text, ${known}::bigint[]) AS found`,
        ({ id }: EntryRow) => id,
      )
    }),

    /** In the order in which they were posted. Null when there are none. */
    entriesByTransaction: finder<string, readonly EntryRow[] | null>(async (client, ids) => {
      const known = ids.map((id) => (uuidPattern.test(id) ? id : null))
      const rows = await found<EntryRow>(
        client.$queryRaw`SELECT ledger.entries_by_transaction(${app}::text, ${known}::uuid[]) AS found`,
      )
      const byId = new Map<string, EntryRow[]>()
      for (const row of rows) {
        const entries = byId.get(row.transactionId)
        if (entries) entries.push(row)
        else byId.set(row.transactionId, [row])
      }
      return ids.map((id) => byId.get(id.toLowerCase()) ?? null)
    }),

    /** The first entry with an owner's nonce. Null when there is none. */
    entryByNonce: finder<{ readonly ownerId: string; readonly nonce: string }, EntryRow | null>(
      (client, keys) => {
        const [ownerIds, nonces] = [keys.map(({ ownerId }) => ownerId), keys.map(({ nonce }) => nonce)]
        return foundBy(
          keys.map(keyOf),
          client.$queryRaw`
            SELECT ledger.entries_by_nonce(${app}::text, ${ownerIds}::text[], ${nonces}::text[]) AS found`,
          keyOf<EntryRow>,
        )
      },
    ),

    balance: finder<string, LedgerBalance>(async (client, ownerIds) => {
      const balances = await foundBy<LedgerBalance>(
        ownerIds,
        client.$queryRaw`SELECT ledger.balances(${app}::text, ${ownerIds}::text[]) AS found`,
        ({ ownerId }) => ownerId,
      )
      return balances.map((balance, index) => balance ?? emptyBalance(ownerIds[index] ?? ''))
    }),

    /** The balance after an owner's last entry up to a moment. Null before the first entry. */
    amountAt: finder<{ readonly ownerId: string; readonly asOf: Date }, number | null>((client, keys) => {
      const ownerIds = keys.map(({ ownerId }) => ownerId)
      const moments = keys.map(({ asOf }) => asOf.toISOString())
      return found(
        client.$queryRaw`
          SELECT ledger.amounts_at(${app}::text, ${ownerIds}::text[], ${moments}::timestamptz[]) AS found`,
      )
    }),

    /** Null when there is none. */
    holdById: finder<string, HoldRow | null>((client, ids) => {
      const known = ids.map((id) => (idPattern.test(id) ? id : null))
      return foundBy(
        ids,
        client.$queryRaw`SELECT ledger.holds_by_id(${app}::text, ${known}::bigint[]) AS found`,
        ({ id }: HoldRow) => id,
      )
    }),

    /** An owner's live holds, newest first, up to 100. Null when there are none. */
    liveHolds: finder<string, readonly HoldRow[] | null>((client, ownerIds) =>
      found(client.$queryRaw`SELECT ledger.live_holds_of(${app}::text, ${ownerIds}::text[]) AS found`),
    ),
  }
}

export type Finders = ReturnType<typeof createFinders>

/**
 * Turns a query for many keys into a look-up of one key. Keys of one client and one turn of the event loop share a
 * query.
 */
function finder<Key, Found>(findAll: FindAll<Key, Found>): Find<Key, Found> {
  const loaders = new WeakMap<TransactionClient, DataLoader<Key, Found>>()
  return (client, key) => {
    const known = loaders.get(client)
    if (known) return known.load(key)
    const loader = createLoader((keys: readonly Key[]) => findAll(client, keys), maxKeys)
    loaders.set(client, loader)
    return loader.load(key)
  }
}

type FoundRows<Found> = PromiseLike<{ readonly found: readonly Found[] | null }[]>

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

function emptyBalance(ownerId: string): LedgerBalance {
  return { ownerId, amount: 0, overdraft: 0, held: 0, available: 0 }
}
