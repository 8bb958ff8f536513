import type { TransactionClient } from '../database.ts'
import { query } from '../database-errors.ts'
import type { LedgerBalance } from '../entry.ts'
import type { EntryRow, HoldRow } from '../rows.ts'

const idPattern = /^[1-9]\d{0,17}$/
const uuidPattern = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

/** The rows of entries and holds by their ids, through the ledger's client or an app's own transaction. */
export function createFinders(app: string) {
  // Whole statements: an app's Prisma client may be of another copy of Prisma, which would not know parts made by ours.
  return {
    async entriesByIds(client: TransactionClient, ids: readonly string[]): Promise<EntryRow[]> {
      const wanted = ids.filter((id) => idPattern.test(id))
      const found = await query(
        () => client.$queryRaw<{ entry: EntryRow }[]>`
          SELECT ledger.entry_json(e) AS entry FROM ledger.entries e
           WHERE e.app = ${app} AND e.id = ANY(${wanted}::bigint[])`,
      )
      return found.map(({ entry }) => entry)
    },

    /** In the order in which they were posted. */
    async entriesByTransactions(client: TransactionClient, ids: readonly string[]): Promise<EntryRow[]> {
      const wanted = ids.filter((id) => uuidPattern.test(id))
      const found = await query(
        () => client.$queryRaw<{ entry: EntryRow }[]>`
          SELECT ledger.entry_json(e) AS entry FROM ledger.entries e
           WHERE e.app = ${app} AND e.transaction_id = ANY(${wanted}::uuid[]) ORDER BY e.id`,
      )
      return found.map(({ entry }) => entry)
    },

    /** In the order of the owners. */
    async balances(client: TransactionClient, ownerIds: readonly string[]): Promise<LedgerBalance[]> {
      const [row] = await query(
        () => client.$queryRaw<{ balances: LedgerBalance[] | null }[]>`
          SELECT ledger.balances(${app}::text, ${ownerIds}::text[]) AS balances`,
      )
      return row?.balances ?? []
    },

    async holdsByIds(client: TransactionClient, ids: readonly string[]): Promise<HoldRow[]> {
      const wanted = ids.filter((id) => idPattern.test(id))
      const found = await query(
        () => client.$queryRaw<{ hold: HoldRow }[]>`
          SELECT ledger.hold_json(h, greatest(ledger.now(), a.updated_on)) AS hold
            FROM ledger.holds h JOIN ledger.accounts a ON a.app = h.app AND a.owner_id = h.owner_id
           WHERE h.app = ${app} AND h.id = ANY(${wanted}::bigint[])`,
      )
      return found.map(({ hold }) => hold)
    },
  }
}

export type Finders = ReturnType<typeof createFinders>
