import type pg from 'pg'
import { assertAppName } from './app-name.ts'
import { createCommands, type LedgerCommands } from './commands.ts'
import { readBounds } from './database/bounds.ts'
import { createLedgerClient, listenerOptions } from './database/database.ts'
import { takesPostings } from './database/ping.ts'
import { assertPool } from './database/session/pool.ts'
import { prismaSql } from './database/sql.ts'
import { assertVersion } from './database/version.ts'
import { createKeyStore, type KeyStore } from './keys/key-store.ts'
import { createWakeUp } from './live/channel.ts'
import { createLive, type LedgerLive } from './live/live.ts'
import { createOnce, type LedgerOnce } from './once.ts'
import { assertDeclared } from './operations/declared.ts'
import { type OperationInfo, operationInfos } from './operations/operation-info.ts'
import { assertOperations } from './operations/operation-problems.ts'
import type { OperationOf, Operations, PostOperationOf } from './operations/operations.ts'
import { createAtWork } from './posting/at-work.ts'
import type { PostingEvent } from './posting/signals.ts'
import { createFinders } from './reading/finders.ts'
import { createReads, type LedgerReads } from './reading/reads.ts'
import { rowReader } from './rows.ts'

export interface LedgerOptions<Ops extends Operations> {
  /** The app's name, as its migrations declare it. */
  readonly app: string
  readonly operations: Ops
  /** From `createPool`: the app's own Prisma client may use it too. */
  readonly pool: pg.Pool
  /** Called once per entry and hold with its outcome. */
  readonly onPosting?: (event: PostingEvent) => void
}

/** How busy a ledger is. */
export interface LedgerLoad {
  /** Entries, transactions and holds that it was handed and has not answered. */
  readonly postings: number
  /** The connections of its pool: how many are open, how many of these have nothing to do, and how many callers wait. */
  readonly connections: { readonly open: number; readonly idle: number; readonly waiting: number }
}

/** One app's ledger. */
export interface Ledger<Ops extends Operations = Operations>
  extends LedgerReads<OperationOf<Ops>>,
    LedgerCommands<OperationOf<Ops>, PostOperationOf<Ops>>,
    LedgerLive<OperationOf<Ops>>,
    LedgerOnce {
  readonly app: string
  readonly operations: Ops
  /** The app's API keys, as its servers ask for them. */
  readonly keys: KeyStore
  /** The operations in order, with their amounts: what a form needs. */
  describeOperations(): readonly OperationInfo<OperationOf<Ops>>[]
  /**
   * Asks the database whether it takes postings now: a standby, a read-only database and a role that may not post answer
   * reads alone. A full disk shows in a posting first. @throws DatabaseUnavailableError
   */
  ping(): Promise<{ readonly takesPostings: boolean }>
  /**
   * Checks that the app can start on this database.
   * @returns where the operations of the database and of the code differ, each difference with its way out, for the log.
   * @throws Error that says what to do: where PostgreSQL is too old, where a session has not the settings that the ledger
   * relies on, where the ledger's SQL in the database is older than this code needs or no longer serves it, and where the
   * database lacks the ledger or one of the app's operations.
   */
  assertReady(): Promise<readonly string[]>
  /** How busy it is at this moment. */
  load(): LedgerLoad
  /**
   * Ends its live lists, waits for what it was handed, also by callers who have left, and lets go of the ledger's client.
   * The pool is its maker's to end.
   */
  close(): Promise<void>
}

/**
 * One app's ledger on a pool of PostgreSQL connections. Nothing is connected before the first query.
 *
 * @throws TypeError on operations that `defineOperations` would refuse.
 */
export function createLedger<Ops extends Operations>(options: LedgerOptions<Ops>): Ledger<Ops> {
  const { app, operations, pool, onPosting } = options
  assertOperations(operations)
  assertAppName(app)
  const prisma = createLedgerClient(pool)
  const rows = rowReader(operations)
  const find = createFinders(app)
  const own = prismaSql(prisma)
  const reads = createReads({ app, operations, prisma, own, rows, find })
  const live = createLive({ app, connection: listenerOptions(pool), prisma, entries: reads.entries })
  const wakeUp = createWakeUp(app, pool)
  const atWork = createAtWork()
  const patienceMs = pool.options.lock_timeout || readBounds().lock
  return {
    app,
    operations,
    ...createCommands({ app, operations, onPosting, own, patienceMs, rows, find, wakeUp, atWork }),
    ...reads,
    once: createOnce({ patienceMs, wakeUp }),
    keys: createKeyStore(app, prisma),
    postedEntries: live.postedEntries,
    describeOperations: () => operationInfos(operations),
    ping: () => takesPostings(prisma, app),
    async assertReady() {
      await assertPool(pool)
      await assertVersion(prisma)
      return assertDeclared(app, operations, prisma)
    },
    load: () => ({
      postings: atWork.drafts,
      connections: { open: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount },
    }),
    async close() {
      live.close()
      await atWork.none()
      await prisma.$disconnect()
    },
  }
}
