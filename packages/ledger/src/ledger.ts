import type pg from 'pg'
import { assertAppName } from './app-name.ts'
import { createShards } from './cluster/shards.ts'
import { createCommands, type LedgerCommands } from './commands.ts'
import { readBounds } from './database/bounds.ts'
import { createLedgerClient, listenerOptions } from './database/database.ts'
import { query } from './database/database-errors.ts'
import { takesPostings } from './database/ping.ts'
import { assertPool } from './database/session/pool.ts'
import { prismaSql } from './database/sql.ts'
import { assertVersion } from './database/version.ts'
import { createKeyStore, type KeyStore } from './keys/key-store.ts'
import { createWakeUp } from './live/channel.ts'
import { createLive, type LedgerLive } from './live/live.ts'
import { createOnce } from './once/create-once.ts'
import type { LedgerOnce } from './once/types.ts'
import { assertDeclared } from './operations/declared.ts'
import { type OperationInfo, operationInfos } from './operations/operation-info.ts'
import { assertOperations } from './operations/operation-problems.ts'
import {
  type BookOf,
  type Books,
  booksOf,
  type ExchangeOperationOf,
  type OperationOf,
  type Operations,
  type PostOperationOf,
} from './operations/operations.ts'
import { createAtWork } from './posting/at-work.ts'
import type { PostingEvent } from './posting/signals.ts'
import { createFinders } from './reading/finders.ts'
import { createHorizon } from './reading/horizon.ts'
import { createReads, type LedgerReads } from './reading/reads.ts'
import { rowReader } from './rows.ts'
import { createActivity } from './status/activity.ts'
import { createStatus, type LedgerLoad, type LedgerStatus } from './status/status.ts'

export interface LedgerOptions<Ops extends Operations, App extends string> {
  /** The app's name, as in its migrations. */
  readonly app: App
  readonly operations: Ops
  /** From `createPool`. The app's own Prisma client may use it too. */
  readonly pool: pg.Pool
  /** Called once per entry and hold with its outcome. */
  readonly onPosting?: (event: PostingEvent) => void
}

/**
 * One app's ledger. A type without the app's name, `Ledger<typeof operations>`, accepts the books that the operations
 * name. Its own book is the one when none is named.
 */
export interface Ledger<Ops extends Operations = Operations, App extends string = never>
  extends LedgerReads<OperationOf<Ops>, BookOf<Ops, App>>,
    LedgerCommands<OperationOf<Ops>, PostOperationOf<Ops>, ExchangeOperationOf<Ops>, BookOf<Ops, App>>,
    LedgerLive<OperationOf<Ops>, BookOf<Ops, App>>,
    LedgerOnce {
  readonly app: string
  /** Its books: its own, which has its name, and those that its operations name. */
  readonly books: Books
  readonly operations: Ops
  /** The app's API keys, for its servers. */
  readonly keys: KeyStore
  /** Returns the operations in order, with their amounts, for example to build a form. */
  describeOperations(): readonly OperationInfo<OperationOf<Ops>>[]
  /**
   * Asks the database whether it accepts postings now. A standby, a read-only database and a role that may not post
   * only serve reads. A full disk shows only in a posting. @throws DatabaseUnavailableError
   */
  ping(): Promise<{ readonly takesPostings: boolean }>
  /**
   * Checks that the app can start on this database, and on a cluster learns where the shards are.
   *
   * @returns the differences between the operations of the database and of the code, each with what to do, for the log
   * @throws Error that says what to do when PostgreSQL is too old, when a session lacks a setting that the ledger needs,
   *   when the ledger's SQL in the database is too old or too new for this code, and when the ledger or one of the app's
   *   operations is missing.
   */
  assertReady(): Promise<readonly string[]>
  /** Returns how busy it is now. */
  load(): LedgerLoad
  /** Returns how it and its database are, for operators. @throws DatabaseUnavailableError */
  status(): Promise<LedgerStatus>
  /**
   * Ends its live lists, waits for every posting that it has received, even if the caller has left, and closes the
   * ledger's client. The caller who made the pool must end it.
   */
  close(): Promise<void>
}

/**
 * Creates one app's ledger on a pool of PostgreSQL connections. It connects on the first query.
 *
 * @example
 * ```ts
 * const pool = createPool(databaseUrl)
 * const ledger = createLedger({ app: 'content', operations, pool })
 * const result = await ledger.postEntry({ ownerId: 'user-1', operation: 'CREDIT_ADD', amount: 10, nonce: 'order-17' })
 * ```
 * @throws TypeError for operations that `defineOperations` would refuse, and for a name that no app can have
 */
export function createLedger<Ops extends Operations, const App extends string = string>(
  options: LedgerOptions<Ops, App>,
): Ledger<Ops, App> {
  const { app, operations, pool, onPosting } = options
  assertOperations(operations)
  assertAppName(app)
  const prisma = createLedgerClient(pool)
  const books = booksOf(app, operations)
  const rows = rowReader(operations)
  const find = createFinders(app)
  const own = prismaSql(prisma)
  const shards = createShards(pool, own)
  const horizon = createHorizon(app, prisma)
  const reads = createReads({ app, books, operations, prisma, own, rows, find, horizon })
  const live = createLive({
    app,
    books,
    connection: listenerOptions(pool),
    prisma,
    entries: reads.entries,
    horizon,
  })
  const wakeUp = createWakeUp(app, pool)
  const atWork = createAtWork()
  const activity = createActivity(app)
  const load = () => ({
    postings: atWork.drafts,
    connections: { open: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount },
  })
  const patienceMs = pool.options.lock_timeout || readBounds().lock
  return {
    app,
    operations,
    books,
    ...createCommands({
      app,
      books,
      operations,
      onPosting,
      own,
      shards,
      patienceMs,
      rows,
      find,
      wakeUp,
      atWork,
    }),
    ...reads,
    once: createOnce({ patienceMs, wakeUp }),
    keys: createKeyStore(app, prisma),
    postedEntries: live.postedEntries,
    describeOperations: () => operationInfos(operations),
    ping: () => takesPostings(prisma, app),
    async assertReady() {
      await assertPool(pool)
      await assertVersion(prisma)
      await query(shards.read)
      return assertDeclared(app, operations, prisma)
    },
    load,
    status: createStatus({ app, prisma, load, activity: activity.read }),
    async close() {
      activity.stop()
      live.close()
      await atWork.none()
      await Promise.all([prisma.$disconnect(), shards.close()])
    },
  }
}
