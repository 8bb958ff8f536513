import DataLoader from 'dataloader'
import type { TransactionClient } from '../database.ts'
import { query } from '../database-errors.ts'
import type { LedgerBalance } from '../entry.ts'
import type { EntryRow, HoldRow } from '../rows.ts'

const idPattern = /^[1-9]\d{0,17}$/
const uuidPattern = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

/** What a query finds for keys, in their order. */
type FindAll<Key, Found> = (client: TransactionClient, keys: readonly Key[]) => Promise<readonly Found[]>

/** What there is for a key, through the ledger's client or an app's own transaction. */
type Find<Key, Found> = (client: TransactionClient, key: Key) => Promise<Found>

/** More keys than this are several queries. */
const maxKeys = 1000

/**
 * One app's lookups. What is asked of one client in one tick is one query.
 *
 * Each key is looked up by itself, as in ledger.balances.
 */
export function createFinders(app: string) {
  // Whole statements: an app's Prisma client may be of another copy of Prisma, which would not know parts made by ours.
  return {
    /** Null where there is none. */
    entryById: finder<string, EntryRow | null>((client, ids) => {
      const known = ids.map((id) => (idPattern.test(id) ? id : null))
      return found(client.$queryRaw`
        SELECT (SELECT ledger.entry_json(e) FROM ledger.entries e WHERE e.app = ${app} AND e.id = key.id) AS found
          FROM unnest(${known}::bigint[]) WITH ORDINALITY key (id, place) ORDER BY key.place`)
    }),

    /** In the order in which they were posted; null where there is none. */
    entriesByTransaction: finder<string, readonly EntryRow[] | null>((client, ids) => {
      const known = ids.map((id) => (uuidPattern.test(id) ? id : null))
      return found(client.$queryRaw`
        SELECT (SELECT json_agg(ledger.entry_json(e) ORDER BY e.id) FROM ledger.entries e
                 WHERE e.app = ${app} AND e.transaction_id = key.id) AS found
          FROM unnest(${known}::uuid[]) WITH ORDINALITY key (id, place) ORDER BY key.place`)
    }),

    /** The first entry of an owner's nonce; null where there is none. */
    entryByNonce: finder<{ readonly ownerId: string; readonly nonce: string }, EntryRow | null>(
      (client, keys) => {
        const [ownerIds, nonces] = [keys.map(({ ownerId }) => ownerId), keys.map(({ nonce }) => nonce)]
        return found(client.$queryRaw`
          SELECT (SELECT ledger.entry_json(e) FROM ledger.entries e
                   WHERE e.app = ${app} AND e.owner_id = key.owner_id AND e.nonce = key.nonce AND e.place = 1) AS found
            FROM unnest(${ownerIds}::text[], ${nonces}::text[]) WITH ORDINALITY key (owner_id, nonce, place)
           ORDER BY key.place`)
      },
    ),

    balance: finder<string, LedgerBalance>(async (client, ownerIds) => {
      const [row] = await query(
        () => client.$queryRaw<{ balances: LedgerBalance[] }[]>`
          SELECT ledger.balances(${app}::text, ${ownerIds}::text[]) AS balances`,
      )
      return row?.balances ?? []
    }),

    /** The balance after an owner's last entry until a moment; null before the first. */
    amountAt: finder<{ readonly ownerId: string; readonly asOf: Date }, number | null>((client, keys) => {
      const ownerIds = keys.map(({ ownerId }) => ownerId)
      const moments = keys.map(({ asOf }) => asOf.toISOString())
      return found(client.$queryRaw`
        SELECT to_json((SELECT e.balance_after FROM ledger.entries e
                         WHERE e.app = ${app} AND e.owner_id = key.owner_id
                           AND e.seq = (SELECT ledger.seq_at(${app}::text, key.owner_id, key.moment)))) AS found
          FROM unnest(${ownerIds}::text[], ${moments}::timestamptz[]) WITH ORDINALITY key (owner_id, moment, place)
         ORDER BY key.place`)
    }),

    /** Null where there is none. */
    holdById: finder<string, HoldRow | null>((client, ids) => {
      const known = ids.map((id) => (idPattern.test(id) ? id : null))
      return found(client.$queryRaw`
        SELECT (SELECT ledger.hold_json(h, greatest(ledger.now(), a.updated_on))
                  FROM ledger.holds h JOIN ledger.accounts a ON a.app = h.app AND a.owner_id = h.owner_id
                 WHERE h.app = ${app} AND h.id = key.id) AS found
          FROM unnest(${known}::bigint[]) WITH ORDINALITY key (id, place) ORDER BY key.place`)
    }),

    /** An owner's live holds, newest first, up to 100; null where there is none. */
    liveHolds: finder<string, readonly HoldRow[] | null>((client, ownerIds) =>
      found(client.$queryRaw`
        SELECT (SELECT json_agg(ledger.hold_json(live.hold, account.at) ORDER BY (live.hold).id DESC)
                  FROM (SELECT greatest(ledger.now(), a.updated_on) AS at
                          FROM ledger.accounts a WHERE a.app = ${app} AND a.owner_id = key.owner_id) account,
               LATERAL (SELECT h AS hold FROM ledger.holds h
                         WHERE h.app = ${app} AND h.owner_id = key.owner_id
                           AND h.expires_on > account.at AND h.released_on IS NULL
                         ORDER BY h.id DESC LIMIT 100) live) AS found
          FROM unnest(${ownerIds}::text[]) WITH ORDINALITY key (owner_id, place) ORDER BY key.place`),
    ),
  }
}

export type Finders = ReturnType<typeof createFinders>

/** Finds for one key by what finds for many: those that are asked for of one client in one tick. */
function finder<Key, Found>(findAll: FindAll<Key, Found>): Find<Key, Found> {
  const loaders = new WeakMap<TransactionClient, DataLoader<Key, Found>>()
  return (client, key) => {
    const known = loaders.get(client)
    if (known) return known.load(key)
    const loader = new DataLoader<Key, Found>((keys) => findAll(client, keys), {
      cache: false,
      maxBatchSize: maxKeys,
    })
    loaders.set(client, loader)
    return loader.load(key)
  }
}

/** The one column of the rows. */
async function found<Found>(rows: PromiseLike<{ readonly found: Found }[]>): Promise<Found[]> {
  return (await query(() => rows)).map((row) => row.found)
}
