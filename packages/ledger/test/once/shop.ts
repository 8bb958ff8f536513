import type pg from 'pg'
import type {
  LedgerOnce,
  OnceResult,
  PostEntryInput,
  PostedEntry,
  RunTransaction,
  TransactionClient,
} from '../../src/index.ts'
import type { Tx } from '../transactions/ways.ts'

/** A row of the app. No two rows share a `key`. */
interface ShopRow {
  readonly body: string
  readonly key: string | null
}

/** A request. */
export interface Order extends ShopRow {
  readonly ownerId: string
  readonly amount: number
  readonly nonce: string
}

/** What may go wrong while an order is carried out. */
export interface Mishaps {
  readonly beforeWrite?: (tx: Tx) => PromiseLike<unknown>
  readonly afterWrite?: (tx: Tx) => PromiseLike<unknown>
  readonly beforeFind?: () => PromiseLike<unknown>
}

/** A ledger of an app with the shared operations. */
interface ShopLedger extends LedgerOnce {
  postEntry(
    input: PostEntryInput<'CREDIT_SPEND'>,
    options: { readonly tx: TransactionClient },
  ): Promise<PostedEntry>
}

/** Makes the table of an app that sells things: one row for each entry that paid. */
export async function openShop(sql: pg.Client): Promise<void> {
  await sql.query(`
    CREATE SCHEMA app;
    CREATE TABLE app.orders (entry_id bigint NOT NULL UNIQUE, body text NOT NULL, key text UNIQUE)`)
}

/** Carries an order out, once. */
export function order(
  { ledger, pool, transactions }: { ledger: ShopLedger; pool: pg.Pool; transactions: RunTransaction<Tx> },
  { ownerId, amount, nonce, body, key }: Order,
  { beforeWrite, afterWrite, beforeFind }: Mishaps = {},
): Promise<OnceResult<PostedEntry, ShopRow>> {
  const input: PostEntryInput<'CREDIT_SPEND'> = { ownerId, operation: 'CREDIT_SPEND', amount, nonce }
  return ledger.once(transactions, {
    post: ({ tx }) => ledger.postEntry(input, { tx }),
    async write(tx, { entry }) {
      await beforeWrite?.(tx)
      await tx.run(`INSERT INTO app.orders VALUES (${entry.id}, ${literal(body)}, ${literal(key)})`)
      await afterWrite?.(tx)
      return { body, key }
    },
    async find({ entry }) {
      await beforeFind?.()
      const found = await pool.query<ShopRow>('SELECT body, key FROM app.orders WHERE entry_id = $1', [
        entry.id,
      ])
      const [row] = found.rows
      return row?.body === body && row.key === key ? row : null
    },
  })
}

const literal = (text: string | null) => (text === null ? 'NULL' : `'${text.replaceAll("'", "''")}'`)

/** Returns the bodies of the rows that an owner's entries paid for, in the order of the entries. */
export async function rowsOf(sql: pg.Client, ownerId: string): Promise<string[]> {
  const { rows } = await sql.query<{ body: string }>(
    `SELECT o.body FROM app.orders o JOIN ledger.entries e ON e.id = o.entry_id WHERE e.owner_id = $1 ORDER BY e.seq`,
    [ownerId],
  )
  return rows.map(({ body }) => body)
}
