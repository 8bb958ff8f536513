import DataLoader from 'dataloader'
import { z } from 'zod'
import type { PrismaClient } from '../database.ts'
import { query } from '../database-errors.ts'
import type { LedgerBalance, LedgerEntry, LedgerHold, LedgerTransaction, PastBalance } from '../entry.ts'
import { idSchema, momentSchema, nonceSchema, ownerIdSchema, parseInput } from '../input.ts'
import type { Operations } from '../operations.ts'
import { type EntryRow, type HoldRow, type RowReader, transactionOf } from '../rows.ts'
import { type AccountPage, type AccountsInput, createAccountPages } from './accounts.ts'
import { createEntryPages, type EntriesInput, type EntryPage } from './entries.ts'
import type { Finders } from './finders.ts'
import { createSummary, type SummaryInput, type SummaryLine } from './summary.ts'

/** What can be read of one app's ledger. What is asked for in one tick is one query. */
export interface LedgerReads<Operation extends string = string> {
  /** The owner's balance; an owner never seen has 0. @throws ValidationError */
  balance(ownerId: string): Promise<LedgerBalance>
  /** What the owner had at a moment: the balance after the last entry until then. @throws ValidationError */
  balanceAt(ownerId: string, asOf: Date): Promise<PastBalance>
  /** The entry with this id, or null. @throws ValidationError */
  entry(id: string): Promise<LedgerEntry<Operation> | null>
  /** The owner's entry that was posted with this nonce, or null. @throws ValidationError */
  entryByNonce(ownerId: string, nonce: string): Promise<LedgerEntry<Operation> | null>
  /** A page of an owner's entries: 20, or as many as `first` or `last` says, up to 100. @throws ValidationError */
  entries(input: EntriesInput<Operation>): Promise<EntryPage<Operation>>
  /** The transaction with this id, with its entries, or null. @throws ValidationError */
  transaction(id: string): Promise<LedgerTransaction<Operation> | null>
  /** The hold with this id, or null. @throws ValidationError */
  hold(id: string): Promise<LedgerHold<Operation> | null>
  /** The owner's live holds, newest first, up to 100. @throws ValidationError */
  holds(ownerId: string): Promise<readonly LedgerHold<Operation>[]>
  /** Counts and sums per operation and hour, day or month (UTC), of an owner or the whole app. @throws ValidationError */
  summary(input: SummaryInput<Operation>): Promise<readonly SummaryLine<Operation>[]>
  /** A page of accounts, by owner. @throws ValidationError */
  accounts(input: AccountsInput): Promise<AccountPage>
}

const pastSchema = z.object({ ownerId: ownerIdSchema, asOf: momentSchema })
const keySchema = z.object({ ownerId: ownerIdSchema, nonce: nonceSchema })

/** One app's reads over the ledger's client. */
export function createReads<Operation extends string>({
  app,
  operations,
  prisma,
  rows,
  find,
}: {
  readonly app: string
  readonly operations: Operations
  readonly prisma: PrismaClient
  readonly rows: RowReader<Operation>
  readonly find: Finders
}): LedgerReads<Operation> {
  /** Answers what is asked for in one tick by one query, each key with the rows that have it. */
  const loader = <Key extends string, Row>(
    load: (keys: readonly Key[]) => Promise<readonly Row[]>,
    keyOf: (row: Row) => string,
  ) =>
    new DataLoader<Key, readonly Row[]>(
      async (keys) => {
        const found = new Map<string, Row[]>(keys.map((key) => [key, []]))
        for (const row of await load(keys)) found.get(keyOf(row))?.push(row)
        return keys.map((key) => found.get(key) ?? [])
      },
      { cache: false, maxBatchSize: 1000 },
    )

  const balances = loader(
    (ownerIds: readonly string[]) => find.balances(prisma, ownerIds),
    ({ ownerId }) => ownerId,
  )
  const entries = loader(
    (ids: readonly string[]) => find.entriesByIds(prisma, ids),
    ({ id }) => id,
  )
  const transactions = loader(
    (ids: readonly string[]) => find.entriesByTransactions(prisma, ids),
    ({ transactionId }) => transactionId,
  )
  const holds = loader(
    (ids: readonly string[]) => find.holdsByIds(prisma, ids),
    ({ id }) => id,
  )

  return {
    async balance(ownerId) {
      const [balance] = await balances.load(parseInput(ownerIdSchema, ownerId, 'ownerId'))
      if (!balance) throw new Error('ledger.balances left an owner out')
      return balance
    },

    async balanceAt(ownerId, asOf) {
      const past = parseInput(pastSchema, { ownerId, asOf })
      const [row] = await query(
        () => prisma.$queryRaw<{ amount: string | null }[]>`
          SELECT e.balance_after::text AS amount FROM ledger.entries e
           WHERE e.app = ${app} AND e.owner_id = ${past.ownerId}
             AND e.seq = (SELECT ledger.seq_at(${app}::text, ${past.ownerId}::text, ${past.asOf.toISOString()}::timestamptz))`,
      )
      return { ownerId: past.ownerId, amount: Number(row?.amount ?? 0) }
    },

    async entry(id) {
      const [row] = await entries.load(parseInput(idSchema, id, 'id'))
      return row ? rows.entry(row) : null
    },

    async entryByNonce(ownerId, nonce) {
      const key = parseInput(keySchema, { ownerId, nonce })
      const [row] = await query(
        () => prisma.$queryRaw<{ entry: EntryRow }[]>`
          SELECT ledger.entry_json(e) AS entry FROM ledger.entries e
           WHERE e.app = ${app} AND e.owner_id = ${key.ownerId} AND e.nonce = ${key.nonce} AND e.place = 1`,
      )
      return row ? rows.entry(row.entry) : null
    },

    entries: createEntryPages({ app, operations, prisma, rows }),

    async transaction(id) {
      const found = await transactions.load(parseInput(idSchema, id, 'id').toLowerCase())
      return transactionOf(found.map(rows.entry)) ?? null
    },

    async hold(id) {
      const [row] = await holds.load(parseInput(idSchema, id, 'id'))
      return row ? rows.hold(row) : null
    },

    async holds(ownerId) {
      const owner = parseInput(ownerIdSchema, ownerId, 'ownerId')
      const live = await query(
        () => prisma.$queryRaw<{ hold: HoldRow }[]>`
          SELECT ledger.hold_json(h, account.at) AS hold
            FROM ledger.holds h, (
              SELECT greatest(ledger.now(), a.updated_on) AS at
                FROM ledger.accounts a WHERE a.app = ${app} AND a.owner_id = ${owner}
            ) account
           WHERE h.app = ${app} AND h.owner_id = ${owner} AND h.expires_on > account.at AND h.released_on IS NULL
           ORDER BY h.id DESC LIMIT 100`,
      )
      return live.map(({ hold }) => rows.hold(hold))
    },

    summary: createSummary({ app, operations, prisma, rows }),
    accounts: createAccountPages(app, prisma),
  }
}
