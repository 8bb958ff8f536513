import type { PrismaClient, TransactionClient } from './database.ts'
import type { LedgerBalance } from './entry.ts'
import { isRefusal, LedgerError, type Refusal } from './errors.ts'
import type { OperationOf, Operations, PostOperationOf } from './operations.ts'
import {
  type RefundEntryInput,
  type ReverseTransactionInput,
  refundDraft,
  reversalDraft,
} from './posting/corrections.ts'
import { createDirectCalls } from './posting/direct-calls.ts'
import type { PostingRequest } from './posting/draft.ts'
import { createReport, type PostingEvent } from './posting/events.ts'
import {
  type CapturedHold,
  type CaptureHoldInput,
  createHolds,
  type HoldInput,
  type PostedHold,
} from './posting/holds.ts'
import { type OverdraftInput, setOverdraft } from './posting/overdraft.ts'
import { createPost, type PostedDraft, postOne } from './posting/post.ts'
import { inOrder, readBatch } from './posting/post-entries.ts'
import { entryDrafts, type PostEntryInput, type PostedEntry, postedEntry } from './posting/post-entry.ts'
import {
  type PostedTransaction,
  type PostTransactionInput,
  postedTransaction,
  transactionDrafts,
} from './posting/transaction.ts'
import { type TransferInput, transferDrafts } from './posting/transfer.ts'
import type { Finders } from './reading/finders.ts'
import type { RowReader } from './rows.ts'

/** What became of a request: `ok` with what was posted, or the refusal. */
export type LedgerResult<Posted, Operation extends string = string> =
  | ({ readonly ok: true } & Posted)
  | { readonly ok: false; readonly error: Refusal<Operation> }

/** What became of a posting of one entry. */
export type PostEntryResult<Operation extends string = string> = LedgerResult<
  PostedEntry<Operation>,
  Operation
>

/** One way to write to a ledger. */
export interface LedgerCommand<Input, Posted, Operation extends string = string> {
  /**
   * Does it, and answers what became of it. What is posted at once goes to the database together.
   * @throws DatabaseUnavailableError, TransactionConflictError, AccountBusyError, OverloadedError: all may be retried with
   * the same nonce.
   */
  (input: Input): Promise<LedgerResult<Posted, Operation>>
  /**
   * Does it inside the app's own Prisma transaction (READ COMMITTED): committed with it, or not at all.
   * A transaction that posts for several owners does so in one call, or in the order of their ids, so that two never
   * wait for each other.
   * @throws LedgerError on every refusal, duplicates included, so that the transaction rolls back.
   */
  (input: Input, options: { readonly tx: TransactionClient }): Promise<Posted>
}

/** What can be written to one app's ledger; `PostOperation`: the operations that are not retired. */
export interface LedgerCommands<
  Operation extends string = string,
  PostOperation extends Operation = Operation,
> {
  /** Posts one entry. */
  readonly postEntry: LedgerCommand<PostEntryInput<PostOperation>, PostedEntry<Operation>, Operation>
  /** Posts 1 to 100 entries, of any owners: all of them or none. */
  readonly postTransaction: LedgerCommand<
    PostTransactionInput<PostOperation>,
    PostedTransaction<Operation>,
    Operation
  >
  /** Moves credits from one owner to another. The app needs `...transferOperations`. */
  readonly transfer: LedgerCommand<TransferInput, PostedTransaction<Operation>, Operation>
  /** Undoes a transaction: in reverse order, one entry of the negated amount per original entry. Once only. */
  readonly reverseTransaction: LedgerCommand<ReverseTransactionInput, PostedTransaction<Operation>, Operation>
  /** Gives a part of an entry back; several times, up to the whole. */
  readonly refundEntry: LedgerCommand<RefundEntryInput, PostedEntry<Operation>, Operation>
  /** Sets credits aside for a later entry. */
  readonly holdCredits: LedgerCommand<HoldInput<PostOperation>, PostedHold<Operation>, Operation>
  /** Posts what a hold has promised, or a part of it; the rest is available again. Once only. */
  readonly captureHold: LedgerCommand<CaptureHoldInput, CapturedHold<Operation>, Operation>
  /** Makes a hold's credits available again; a released or expired hold is answered as it is. */
  readonly releaseHold: LedgerCommand<string, PostedHold<Operation>, Operation>
  /** Sets how far below 0 an owner's balance may go. */
  readonly setOverdraft: LedgerCommand<OverdraftInput, { readonly balance: LedgerBalance }, Operation>
  /**
   * Posts 1 to 1,000 entries, each on its own, as if one after another, and answers in order what became of each.
   * `dryRun` is for all of them: an input that has its own is refused.
   * @throws ValidationError when there are none or too many; DatabaseUnavailableError, TransactionConflictError,
   * AccountBusyError, OverloadedError: these may be retried with the same nonces.
   */
  postEntries(
    inputs: readonly PostEntryInput<PostOperation>[],
    options?: { readonly dryRun?: boolean | null | undefined },
  ): Promise<readonly PostEntryResult<Operation>[]>
}

/** One app's commands: each reads its input into a draft, posts it, and answers in its own shape. */
export function createCommands<Ops extends Operations>({
  app,
  operations,
  onPosting,
  prisma,
  patienceMs,
  rows,
  find,
  wakeUp,
}: {
  readonly app: string
  readonly operations: Ops
  readonly onPosting: ((event: PostingEvent) => void) | undefined
  readonly prisma: PrismaClient
  /** How long a posting waits for an account that is locked elsewhere. */
  readonly patienceMs: number
  readonly rows: RowReader<OperationOf<Ops>>
  readonly find: Finders
  /** Called when entries were committed. */
  readonly wakeUp: () => void
}): LedgerCommands<OperationOf<Ops>, PostOperationOf<Ops>> {
  type Operation = OperationOf<Ops>
  const report = createReport(app, onPosting)
  const directly = createDirectCalls(prisma, { patienceMs })
  const post = createPost({ app, rows, find, prisma, directly, patienceMs, report, wakeUp })
  const holds = createHolds({ app, operations, rows, report, post, directly, find })
  const readEntry = entryDrafts(operations)
  const readTransaction = transactionDrafts(operations)

  /** A command that posts one draft. */
  const posting = <Input, Posted>(
    read: (input: Input, client: TransactionClient) => PostingRequest | Promise<PostingRequest>,
    answer: (posted: PostedDraft<Operation>) => Posted,
  ) => command(async (client, input: Input) => answer(await postOne(post, client, await read(input, client))))

  /** A command by the function that carries it out and throws what refuses it. */
  function command<Input, Posted>(
    run: (client: TransactionClient, input: Input) => Promise<Posted>,
  ): LedgerCommand<Input, Posted, Operation> {
    function call(input: Input): Promise<LedgerResult<Posted, Operation>>
    function call(input: Input, options: { readonly tx: TransactionClient }): Promise<Posted>
    function call(input: Input, options?: { readonly tx: TransactionClient }) {
      return options ? run(options.tx, input) : asResult(() => run(prisma, input))
    }
    return call
  }

  async function asResult<Posted>(run: () => Promise<Posted>): Promise<LedgerResult<Posted, Operation>> {
    try {
      return { ok: true, ...(await run()) }
    } catch (error) {
      if (isRefusal<Operation>(error)) return { ok: false, error }
      throw error
    }
  }

  return {
    postEntry: posting(readEntry, postedEntry),
    postTransaction: posting(readTransaction, postedTransaction),
    transfer: posting(transferDrafts(operations, readTransaction), postedTransaction),
    reverseTransaction: posting(
      (input: ReverseTransactionInput, client) =>
        reversalDraft(input, (id) => find.entriesByTransaction(client, id)),
      postedTransaction,
    ),
    refundEntry: posting(
      (input: RefundEntryInput, client) =>
        refundDraft(input, operations, {
          findEntry: (id) => find.entryById(client, id),
          findTransaction: (id) => find.entriesByTransaction(client, id),
        }),
      postedEntry,
    ),
    holdCredits: command(holds.hold),
    captureHold: command(holds.capture),
    releaseHold: command(holds.release),
    setOverdraft: command(async (client, input: OverdraftInput) => ({
      balance: await setOverdraft(client, { app, directly }, input),
    })),
    async postEntries(inputs, options = {}) {
      const { items, dryRun } = readBatch({ inputs, ...options }, readEntry)
      const drafts = items.flatMap((item) => ('draft' in item ? [item.draft] : []))
      const settled = drafts.length > 0 ? await post(prisma, drafts, { dryRun }) : []
      return inOrder(items, settled).map((outcome) =>
        outcome instanceof LedgerError
          ? { ok: false, error: outcome }
          : { ok: true, ...postedEntry(outcome) },
      )
    },
  }
}
