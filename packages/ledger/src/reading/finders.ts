import type { TransactionClient } from '../database.ts'
import { query } from '../database-errors.ts'
import { Prisma } from '../generated/prisma/client.ts'
import type { EntryRow, HoldRow } from '../rows.ts'

const idPattern = /^[1-9]\d{0,17}$/
const uuidPattern = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

/** The rows of entries and holds, through the ledger's client or an app's own transaction. */
export function createFinders(app: string) {
  const entryRows = async (client: TransactionClient, rest: Prisma.Sql) => {
    const rows = await query(
      () => client.$queryRaw<{ entry: EntryRow }[]>`
        SELECT ledger.entry_json(e) AS entry FROM ledger.entries e WHERE e.app = ${app} AND ${rest}`,
    )
    return rows.map(({ entry }) => entry)
  }
  const holdRows = async (client: TransactionClient, rest: Prisma.Sql) => {
    const rows = await query(
      () => client.$queryRaw<{ hold: HoldRow }[]>`
        SELECT ledger.hold_json(h, ledger.now()) AS hold FROM ledger.holds h WHERE h.app = ${app} AND ${rest}`,
    )
    return rows.map(({ hold }) => hold)
  }
  return {
    entryRows,
    holdRows,
    entriesByIds: async (client: TransactionClient, ids: readonly string[]) =>
      entryRows(client, Prisma.sql`e.id = ANY(${ids.filter((id) => idPattern.test(id))}::bigint[])`),
    entriesByTransactions: async (client: TransactionClient, ids: readonly string[]) =>
      entryRows(
        client,
        Prisma.sql`e.transaction_id = ANY(${ids.filter((id) => uuidPattern.test(id))}::uuid[]) ORDER BY e.id`,
      ),
    holdsByIds: async (client: TransactionClient, ids: readonly string[]) =>
      holdRows(client, Prisma.sql`h.id = ANY(${ids.filter((id) => idPattern.test(id))}::bigint[])`),
  }
}

export type Finders = ReturnType<typeof createFinders>
