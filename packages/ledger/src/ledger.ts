import type pg from 'pg'
import { createLedgerClient, type TransactionClient } from './database.ts'
import { query } from './database-errors.ts'
import { assertDeclared } from './declared.ts'
import { isPostingError, type PostingError } from './errors.ts'
import { type OperationInfo, operationInfos } from './operation-info.ts'
import { assertOperations, type OperationOf, type Operations } from './operations.ts'
import { createPostEntry, type PostEntryInput, type PostedEntry } from './post-entry.ts'
import { type PostingEvent, reported } from './posting-event.ts'
import { createReads, type LedgerReads } from './reads.ts'

/** What became of a posting: `ok` with the entry, or the refusal. */
export type PostEntryResult<Operation extends string = string> =
  | ({ readonly ok: true } & PostedEntry<Operation>)
  | { readonly ok: false; readonly error: PostingError<Operation> }

export interface LedgerOptions<Ops extends Operations> {
  /** The app's name, as its migrations declare it. */
  readonly app: string
  readonly operations: Ops
  /** From `createPool`: the app's own Prisma client may use it too. */
  readonly pool: pg.Pool
  /** Called once per posting with its outcome. */
  readonly onPosting?: (event: PostingEvent) => void
}

/** One app's ledger. */
export interface Ledger<Ops extends Operations = Operations> extends LedgerReads<OperationOf<Ops>> {
  readonly app: string
  readonly operations: Ops
  /** The operations in order, with their amounts: what a form needs. */
  describeOperations(): readonly OperationInfo<OperationOf<Ops>>[]
  /**
   * Posts one entry and answers what became of it.
   * @throws DatabaseUnavailableError, TransactionConflictError (retry with the same nonce).
   */
  postEntry(input: PostEntryInput<OperationOf<Ops>>): Promise<PostEntryResult<OperationOf<Ops>>>
  /**
   * Posts one entry inside the app's own Prisma transaction (READ COMMITTED): committed with it, or not at all.
   * A transaction that posts for several owners does so in the order of their ids, so that two never wait for each other.
   * @throws LedgerError on every refusal, duplicates included, so that the transaction rolls back.
   */
  postEntry(
    input: PostEntryInput<OperationOf<Ops>>,
    options: { readonly tx: TransactionClient },
  ): Promise<PostedEntry<OperationOf<Ops>>>
  /** Whether the database answers. @throws DatabaseUnavailableError */
  ping(): Promise<void>
  /** @throws Error that names the migration to run when the database lacks the ledger or one of the app's operations. */
  assertReady(): Promise<void>
  /** Lets go of the ledger's client. The pool is its maker's to end. */
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
  const prisma = createLedgerClient(pool)
  const post = createPostEntry(app, operations)
  type Operation = OperationOf<Ops>

  const postIn = (client: TransactionClient, input: PostEntryInput<Operation>) =>
    reported(onPosting, { ...input, app }, () => post(client, input))

  function postEntry(input: PostEntryInput<Operation>): Promise<PostEntryResult<Operation>>
  function postEntry(
    input: PostEntryInput<Operation>,
    options: { tx: TransactionClient },
  ): Promise<PostedEntry<Operation>>
  function postEntry(input: PostEntryInput<Operation>, options?: { tx: TransactionClient }) {
    return options ? postIn(options.tx, input) : asResult(postIn(prisma, input))
  }

  return {
    app,
    operations,
    ...createReads(app, operations, prisma),
    postEntry,
    describeOperations: () => operationInfos(operations),
    async ping() {
      await query(() => prisma.$queryRaw`SELECT 1`)
    },
    assertReady: () => assertDeclared(app, operations, prisma),
    close: () => prisma.$disconnect(),
  }
}

async function asResult<Operation extends string>(
  posting: Promise<PostedEntry<Operation>>,
): Promise<PostEntryResult<Operation>> {
  try {
    return { ok: true, ...(await posting) }
  } catch (error) {
    if (isPostingError<Operation>(error)) return { ok: false, error }
    throw error
  }
}
