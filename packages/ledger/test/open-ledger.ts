import { createTestDatabase } from '@shared-ledger/postgres/testing'
import pg from 'pg'
import { afterAll, expect, inject } from 'vitest'
import { createLedgerClient } from '../src/database/database.ts'
import {
  createLedger,
  createPool,
  defineOperations,
  type LedgerBalance,
  type Operations,
  type PostingEvent,
  sharedOperations,
  transferOperations,
} from '../src/index.ts'

/** Operations that the template database declares for the app "content". */
export const operations = defineOperations({
  ...sharedOperations,
  CONTENT_CREATION: { amount: -5, description: 'The price of publishing a content.' },
  CONTENT_ACCESS: { amount: 0, description: 'Reading a content: free, but on record.' },
})

/** Operations of an app for tests, with a limit of each kind. */
export const games = defineOperations({
  ...sharedOperations,
  ...transferOperations,
  GAME_VISIT: { amount: 0 },
  GAME_HOURLY: { amount: 1, limit: { times: 2, per: 'hour' } },
  GAME_DAILY: { amount: 1, limit: { times: 3, per: 'day' } },
  GAME_WEEKLY: { amount: 1, limit: { times: 1, per: 'week' } },
  GAME_MONTHLY: { amount: 1, limit: { times: 1, per: 'month' } },
  GAME_ONCE: { amount: 5, limit: { times: 1, per: 'lifetime' } },
  GAME_TICKET: { amount: { min: -100, max: -1 }, limit: { times: 2, per: 'day' } },
})

/**
 * Opens a database for this test file, with a ledger on it and a superuser's connection to attack it. At its end,
 * PostgreSQL must have seen no deadlock, or as many as the tests provoke.
 */
export async function openLedger(options: { deadlocks?: number } = {}) {
  return openLedgerOf({ app: 'content', operations, ...options })
}

/** Does the same for the app "games", which the template database does not have. */
export async function openGames() {
  return openLedgerOf({ app: 'games', operations: games, declare: true })
}

async function openLedgerOf<Ops extends Operations>({
  app,
  operations,
  declare = false,
  deadlocks = 0,
}: {
  app: string
  operations: Ops
  declare?: boolean
  deadlocks?: number
}) {
  const database = await createTestDatabase()
  const pool = createPool(database.url)
  const posted: PostingEvent[] = []
  const ledger = createLedger({ app, operations, pool, onPosting: (event) => posted.push(event) })
  // Any Prisma client with $transaction serves as the app's own.
  const prisma = createLedgerClient(pool)
  const sql = new pg.Client({ connectionString: database.directUrl })
  await sql.connect()
  if (declare) await sql.query('SELECT ledger.set_operations($1, $2)', [app, Object.keys(operations)])

  afterAll(async () => {
    await sql.end()
    await prisma.$disconnect()
    await ledger.close()
    await pool.end()
    const seen = await database.deadlocks()
    // Citus itself ends those over several nodes, and counts none.
    if (inject('postgres').isCluster) expect(seen).toBeLessThanOrEqual(deadlocks)
    else expect(seen).toBe(deadlocks)
    await database.drop()
  })

  /** Opens another ledger with its own connections, as another process has it. */
  const another = <Other extends Operations>(other: Other) => {
    const otherPool = createPool(database.url)
    afterAll(() => otherPool.end())
    return createLedger({ app, operations: other, pool: otherPool })
  }

  return { database, pool, prisma, ledger, posted, sql, another }
}

/** Returns the balance of an owner without overdraft and holds. */
export function balanceOf(ownerId: string, amount: number, book = 'content'): LedgerBalance {
  return { ownerId, book, amount, overdraft: 0, held: 0, available: amount, state: 'OPEN' }
}

/** A request in a readable form. `ledger.post_<app>` takes a list of requests in columns. */
export interface SqlRequest {
  readonly id?: string | null
  readonly nonce?: string | null
  readonly metadata?: unknown
  readonly invalid?: boolean
  readonly lines: readonly object[] | null
}

/** Returns the columns of requests, as `ledger.post_<app>` takes them. */
export function columnsOf(requests: readonly (SqlRequest | null)[]) {
  const lines = requests.flatMap((request, index) =>
    (request?.lines ?? []).map((line) => ({ ...line, request: index + 1 })),
  )
  const names = new Set(lines.flatMap((line) => Object.keys(line)))
  return {
    id: requests.map((request) => request?.id ?? null),
    nonce: requests.map((request) => request?.nonce ?? null),
    metadata: requests.map((request) => JSON.stringify(request?.metadata ?? {})),
    invalid: requests.map((request) => request?.invalid ?? false),
    ...Object.fromEntries(
      [...names].map((name) => [name, lines.map((line) => Reflect.get(line, name) ?? null)]),
    ),
  }
}

/** Posts requests by SQL, past every check of TypeScript, and returns their outcomes. */
export async function postAllBySql(
  sql: pg.Client,
  {
    app = 'content',
    ownerIds,
    books,
    requests,
    dryRun = false,
    skipBusy = false,
  }: {
    app?: string
    ownerIds: readonly (string | null)[]
    /** The book of each owner's account. */
    books?: readonly (string | null)[] | undefined
    requests: readonly (SqlRequest | null)[]
    dryRun?: boolean
    skipBusy?: boolean
  },
) {
  const columns = JSON.stringify({ ...columnsOf(requests), book: books })
  const values = [ownerIds[0], ownerIds, [ownerIds.length], columns]
  const { rows } = await (dryRun
    ? sql.query(`SELECT ledger.try_${app}($1, $2, $3, $4) AS answer`, values)
    : sql.query(`SELECT ledger.post_${app}($1, $2, $3, $4, $5) AS answer`, [...values, skipBusy]))
  const { answer } = rows[0]
  let first = 0
  return requests.map((request, index) => {
    const lines = request?.lines ?? []
    const entries = lines.map((_, line) => ({
      id: String(answer.ids[first + line]),
      seq: answer.seqs[first + line],
      balanceAfter: answer.balances[first + line],
      held: answer.held?.[first + line] ?? 0,
      transactionId: answer.transactions[index],
    }))
    first += lines.length
    return answer.answers[index] ?? { outcome: 'posted', entries }
  })
}

/** Posts one entry by SQL, past every check of TypeScript, and returns its outcome. */
export async function postBySql(
  sql: pg.Client,
  {
    app = 'content',
    ownerId = 'ada',
    book,
    nonce = 'n',
    metadata = {},
    ...line
  }: {
    app?: string
    ownerId?: string
    book?: string
    nonce?: string | null
    metadata?: unknown
    operation?: string
    amount?: number | string
    lot?: object
  } = {},
) {
  const lines = [{ account: 1, operation: 'CREDIT_ADD', amount: 1, ...line }]
  const requests = [{ id: crypto.randomUUID(), nonce, metadata, lines }]
  const [answer] = await postAllBySql(sql, {
    app,
    ownerIds: [ownerId],
    books: book === undefined ? book : [book],
    requests,
  })
  return answer
}

/** Stops the ledger's clock at a moment. */
export async function stopClockAt(sql: pg.Client, moment: string): Promise<void> {
  await sql.query(`CREATE OR REPLACE FUNCTION ledger.now() RETURNS timestamptz LANGUAGE sql VOLATILE
    RETURN ${pg.escapeLiteral(moment)}::timestamptz`)
}

/** Returns every row of the ledger, to show that nothing changed. */
export async function allRows(sql: pg.Client): Promise<unknown> {
  const { rows } = await sql.query(`
    SELECT (SELECT json_agg(a ORDER BY book, owner_id) FROM ledger.accounts a) AS accounts,
           (SELECT json_agg(e ORDER BY app, book, owner_id, seq) FROM ledger.entries e) AS entries,
           (SELECT json_agg(h ORDER BY app, book, owner_id, id) FROM ledger.holds h) AS holds`)
  return rows[0]
}

/** Returns the accounts that disagree with their entries or their holds. */
export async function brokenBooks(sql: pg.Client): Promise<unknown[]> {
  const { rows } = await sql.query(`
    SELECT 'account' AS what, a.owner_id, a.balance, a.seq, count(e.seq) AS entries, coalesce(sum(e.amount), 0) AS sum
      FROM ledger.accounts a LEFT JOIN ledger.entries e USING (book, owner_id)
     GROUP BY a.book, a.owner_id
    HAVING a.balance <> coalesce(sum(e.amount), 0) OR a.seq <> count(e.seq) OR a.seq <> coalesce(max(e.seq), 0)
        OR count(DISTINCT (e.app, e.nonce, e.place)) FILTER (WHERE e.seq > 0) <> count(e.nonce)
        OR count(DISTINCT (e.app, e.nonce)) FILTER (WHERE e.seq > 0) <> count(DISTINCT e.transaction_id)
    UNION ALL
    SELECT 'available', owner_id, balance, held, overdraft, 0 FROM ledger.accounts WHERE balance - held + overdraft < 0
    UNION ALL
    SELECT 'held', a.owner_id, a.held, 0, 0, coalesce(sum(h.amount - h.captured), 0)
      FROM ledger.accounts a LEFT JOIN ledger.holds h
        ON (h.book, h.owner_id) = (a.book, a.owner_id) AND h.released_on IS NULL
           AND h.expires_on > greatest(ledger.now(), a.updated_on)
     WHERE a.holds_expire_on > greatest(ledger.now(), a.updated_on) OR a.holds_expire_on IS NULL
     GROUP BY a.book, a.owner_id HAVING a.held <> coalesce(sum(h.amount - h.captured), 0)
    UNION ALL
    SELECT 'entry', owner_id, balance_after, seq, 0, previous
      FROM (SELECT e.*, lag(balance_after, 1, 0::bigint) OVER line AS previous, lag(created_on) OVER line AS earlier
              FROM ledger.entries e WINDOW line AS (PARTITION BY book, owner_id ORDER BY seq)) e
     WHERE previous + amount <> balance_after OR earlier > created_on
    UNION ALL
    SELECT 'shared nonce', e.owner_id, 0, e.seq, 0, 0 FROM ledger.entries e JOIN ledger.holds h USING (app, book, owner_id, nonce)
    UNION ALL
    SELECT 'corrected too far', e.owner_id, e.amount, e.seq, 0, sum(c.amount)
      FROM ledger.entries e JOIN ledger.entries c
        ON (c.app, c.book, c.owner_id) = (e.app, e.book, e.owner_id) AND e.id IN (c.reverses, c.refunds)
     GROUP BY e.app, e.book, e.owner_id, e.seq, e.amount HAVING abs(sum(c.amount)) > abs(e.amount) OR sign(sum(c.amount)) <> -sign(e.amount)`)
  return rows
}

/** Returns a function whose callers wait until `count` of them have called it. */
export function barrier(count: number): () => Promise<void> {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  let arrived = 0
  return () => {
    arrived += 1
    if (arrived === count) open()
    return opened
  }
}
