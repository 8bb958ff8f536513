import DataLoader from 'dataloader'
import type { PrismaClient } from './database.ts'
import { query } from './database-errors.ts'
import type { LedgerBalance, LedgerEntry } from './entry.ts'
import { Prisma } from './generated/prisma/client.ts'
import { nonceSchema, ownerIdSchema, parseInput } from './input.ts'
import type { OperationOf, Operations } from './operations.ts'
import { type EntryPage, type PageInput, pageRange, toPage } from './page.ts'
import { type EntryRow, entryReader } from './rows.ts'

/** Which entries of an owner, and which page of them, newest first. */
export interface EntriesInput<Operation extends string = string> extends PageInput {
  readonly ownerId: string
  /** Only entries of these operations; null or left out: all. */
  readonly operations?: readonly Operation[] | null | undefined
}

/** What can be read of one app's ledger. */
export interface LedgerReads<Operation extends string = string> {
  /** The owner's balance; an owner never seen has 0. @throws ValidationError */
  balance(ownerId: string): Promise<LedgerBalance>
  /** The entry with this id, or null. Entries asked for in one tick are one query. */
  entry(id: string): Promise<LedgerEntry<Operation> | null>
  /** The owner's entry that was posted with this nonce, or null. @throws ValidationError */
  entryByNonce(ownerId: string, nonce: string): Promise<LedgerEntry<Operation> | null>
  /** A page of an owner's entries, newest first: 20, or as many as `first` or `last` says, up to 100. @throws ValidationError */
  entries(input: EntriesInput<Operation>): Promise<EntryPage<Operation>>
}

const idPattern = /^[1-9]\d{0,17}$/
const maxSeq = 2n ** 63n - 1n

/** One app's reads over the ledger's client. What is asked for in one tick is one query. */
export function createReads<Ops extends Operations>(
  app: string,
  operations: Ops,
  prisma: PrismaClient,
): LedgerReads<OperationOf<Ops>> {
  const toEntry = entryReader(operations)
  const select = async (rest: Prisma.Sql) => {
    const rows = await query(
      () => prisma.$queryRaw<{ entry: EntryRow }[]>`
        SELECT ledger.entry_json(e) AS entry FROM ledger.entries e WHERE e.app = ${app} AND ${rest}`,
    )
    return rows.map(({ entry }) => entry)
  }

  const balances = new DataLoader<string, LedgerBalance>(
    async (ownerIds) => {
      const accounts = await query(() =>
        prisma.account.findMany({
          where: { app, ownerId: { in: [...ownerIds] } },
          select: { ownerId: true, balance: true },
        }),
      )
      const amounts = new Map(accounts.map(({ ownerId, balance }) => [ownerId, Number(balance)]))
      return ownerIds.map((ownerId) => ({ ownerId, amount: amounts.get(ownerId) ?? 0 }))
    },
    { cache: false, maxBatchSize: 1000 },
  )

  const entryRows = new DataLoader<string, EntryRow | null>(
    async (ids) => {
      const rows = await select(Prisma.sql`e.id = ANY(${ids}::bigint[])`)
      const byId = new Map(rows.map((row) => [row.id, row]))
      return ids.map((id) => byId.get(id) ?? null)
    },
    { cache: false, maxBatchSize: 1000 },
  )

  return {
    balance: async (ownerId) => balances.load(parseInput(ownerIdSchema, ownerId, 'ownerId')),

    async entry(id) {
      const row = idPattern.test(id) ? await entryRows.load(id) : null
      return row && toEntry(row)
    },

    async entryByNonce(ownerId, nonce) {
      const owner = parseInput(ownerIdSchema, ownerId, 'ownerId')
      const key = parseInput(nonceSchema, nonce, 'nonce')
      const [row] = await select(
        Prisma.sql`e.owner_id = ${owner} AND e.nonce = ${key} ORDER BY e.place LIMIT 1`,
      )
      return row ? toEntry(row) : null
    },

    async entries({ ownerId, operations: names, ...page }) {
      const owner = parseInput(ownerIdSchema, ownerId, 'ownerId')
      const range = pageRange(page)
      const rows = await select(Prisma.sql`
        e.owner_id = ${owner}
        AND e.seq < ${range.below ?? maxSeq}::bigint AND e.seq > ${range.above ?? 0n}::bigint
        AND (${names ?? null}::text[] IS NULL OR e.operation = ANY(${names ?? null}::text[]))
        ORDER BY e.seq ${range.backward ? Prisma.sql`ASC` : Prisma.sql`DESC`} LIMIT ${range.size + 1}`)
      return toPage(range, rows.map(toEntry))
    },
  }
}
