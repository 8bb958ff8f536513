import type { Shards } from './cluster/shards.ts'
import { type Sql, sqlOf, type TransactionClient } from './database/sql.ts'
import { LedgerError, type ValidationError } from './errors.ts'
import type {
  Books,
  ExchangeOperationOf,
  OperationOf,
  Operations,
  PostOperationOf,
} from './operations/operations.ts'
import type { AtWork } from './posting/at-work.ts'
import {
  correctionDrafts,
  type RefundEntryInput,
  type ReverseTransactionInput,
} from './posting/corrections.ts'
import type { PostingRequest } from './posting/draft.ts'
import { createReport } from './posting/events.ts'
import { type ExchangeInput, exchangeDrafts } from './posting/exchange.ts'
import {
  type CapturedHold,
  type CaptureHoldInput,
  createHoldChanges,
  type HoldInput,
  holdDrafts,
  type PostedHold,
  type ProlongHoldInput,
  postedHold,
} from './posting/holds.ts'
import type { Written } from './posting/outcome.ts'
import {
  type OverdraftInput,
  overdraftRequests,
  type SetOverdraft,
  setOverdraft,
} from './posting/overdraft.ts'
import { createPost } from './posting/post.ts'
import { inOrder, readBatch } from './posting/post-entries.ts'
import { entryDrafts, type PostEntryInput, type PostedEntry, postedEntry } from './posting/post-entry.ts'
import { createSettle } from './posting/settle.ts'
import type { PostingEvent } from './posting/signals.ts'
import {
  type PostedTransaction,
  type PostTransactionInput,
  postedTransaction,
  transactionDrafts,
} from './posting/transaction.ts'
import { type TransferInput, transferDrafts } from './posting/transfer.ts'
import { type VoidLotInput, voidDrafts } from './posting/void.ts'
import type { Finders } from './reading/finders.ts'
import {
  type CaptureError,
  type CorrectionError,
  captureErrors,
  correctionErrors,
  type HoldError,
  holdErrors,
  isOneOf,
  type OverdraftError,
  overdraftErrors,
  type PostingError,
  type ProlongError,
  postingErrors,
  prolongErrors,
  type Refusal,
  type RefusalClasses,
  type ReleaseError,
  releaseErrors,
  type VoidError,
  voidErrors,
} from './refusals.ts'
import type { RowReader } from './rows.ts'

/** The result of a command: `ok` with what was posted, or the refusal. */
export type LedgerResult<Posted, Refused extends Refusal = Refusal> =
  | ({ readonly ok: true } & Posted)
  | { readonly ok: false; readonly error: Refused }

/** The result of posting one entry. */
export type PostEntryResult<Operation extends string = string> = LedgerResult<
  PostedEntry<Operation>,
  PostingError<Operation>
>

/** One command of a ledger. `Refused` is the union of its refusals. */
export interface LedgerCommand<Input, Posted, Refused extends Refusal> {
  /**
   * Carries the command out, and returns its result. Postings of the same moment go to the database together.
   *
   * @throws DatabaseUnavailableError, TransactionConflictError, AccountBusyError or OverloadedError. Each may be
   *   retried with the same nonce.
   */
  (input: Input): Promise<LedgerResult<Posted, Refused>>
  /**
   * Carries the command out inside the app's own transaction (READ COMMITTED). It commits with the transaction, or not
   * at all. A transaction that posts for several owners should do so in one call, or in the order of their ids, so that
   * two of them never wait for each other.
   *
   * @throws LedgerError for every refusal, duplicates included, so that the transaction rolls back
   * @throws TypeError when `tx` is not a transaction, TransactionEndedError when it has ended, TransactionAbortedError
   *   when an error has ended it
   */
  (input: Input, options: { readonly tx: TransactionClient }): Promise<Posted>
  /** The classes of its refusals, for `errorsOf`. */
  readonly refusals: RefusalClasses<Refused>
}

/**
 * The commands of one app's ledger. `PostOperation` has the operations that are not retired, and `ExchangeOperation` those
 * that begin an exchange.
 */
export interface LedgerCommands<
  Operation extends string = string,
  PostOperation extends Operation = Operation,
  ExchangeOperation extends Operation = Operation,
  Book extends string = string,
> {
  /** Posts one entry. */
  readonly postEntry: LedgerCommand<
    PostEntryInput<PostOperation>,
    PostedEntry<Operation>,
    PostingError<Operation>
  >
  /** Posts 1 to 100 entries, of any owners: all of them or none. */
  readonly postTransaction: LedgerCommand<
    PostTransactionInput<PostOperation>,
    PostedTransaction<Operation>,
    PostingError<Operation>
  >
  /** Moves credits from one owner to another. The app needs `...transferOperations`. */
  readonly transfer: LedgerCommand<TransferInput, PostedTransaction<Operation>, PostingError<Operation>>
  /** Gives credits of one book for those of another, by the rate of an operation with `exchange`. */
  readonly exchange: LedgerCommand<
    ExchangeInput<ExchangeOperation>,
    PostedTransaction<Operation>,
    PostingError<Operation>
  >
  /** Undoes a transaction, once. Posts one entry with the negated amount for each original entry, in reverse order. */
  readonly reverseTransaction: LedgerCommand<
    ReverseTransactionInput,
    PostedTransaction<Operation>,
    CorrectionError<Operation>
  >
  /** Gives back some or all of an entry's credits. It can be called several times, up to the whole amount. */
  readonly refundEntry: LedgerCommand<RefundEntryInput, PostedEntry<Operation>, CorrectionError<Operation>>
  /**
   * Takes back what is left of a lot that the app made, once. The metadata has a `reason`. The app needs `...lotOperations`.
   */
  readonly voidLot: LedgerCommand<VoidLotInput, PostedEntry<Operation>, VoidError<Operation>>
  /** Sets credits aside for a later entry. */
  readonly holdCredits: LedgerCommand<HoldInput<PostOperation>, PostedHold<Operation>, HoldError<Operation>>
  /**
   * Posts an entry that a hold was for, with all or some of its credits. It ends the hold, and the rest becomes available
   * again, unless `keepRest` keeps it for further captures.
   */
  readonly captureHold: LedgerCommand<CaptureHoldInput, CapturedHold<Operation>, CaptureError<Operation>>
  /** Keeps a hold's credits set aside until a later moment. A hold that lasts as long already is returned unchanged. */
  readonly prolongHold: LedgerCommand<ProlongHoldInput, PostedHold<Operation>, ProlongError<Operation>>
  /** Makes a hold's credits available again. A hold that was released or has expired is returned unchanged. */
  readonly releaseHold: LedgerCommand<string, PostedHold<Operation>, ReleaseError<Operation>>
  /** Sets how far below 0 an owner's balance in a book may go. Only the app that made the book may do it. */
  readonly setOverdraft: LedgerCommand<OverdraftInput<Book>, SetOverdraft, OverdraftError>
  /**
   * Posts 1 to 1,000 entries, each on its own, as if one after another. Returns one result per entry, in order.
   * `dryRun` applies to all entries, and an input with its own is refused.
   *
   * @throws ValidationError when there are none or too many
   * @throws DatabaseUnavailableError, TransactionConflictError, AccountBusyError or OverloadedError. Each may be
   *   retried with the same nonces.
   */
  postEntries(
    inputs: readonly PostEntryInput<PostOperation>[],
    options?: { readonly dryRun?: boolean | null | undefined },
  ): Promise<readonly PostEntryResult<Operation>[]>
}

/** Builds one app's commands. Each reads its input into a draft, posts it, and returns its own result. */
export function createCommands<Ops extends Operations>({
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
}: {
  readonly app: string
  readonly books: Books
  readonly operations: Ops
  readonly onPosting: ((event: PostingEvent) => void) | undefined
  /** The ledger's own client. */
  readonly own: Sql
  readonly shards: Shards
  /** How long a posting waits for an account that is locked elsewhere. */
  readonly patienceMs: number
  readonly rows: RowReader<OperationOf<Ops>>
  readonly find: Finders
  /** Called when entries were committed. */
  readonly wakeUp: () => void
  readonly atWork: AtWork
}): LedgerCommands<OperationOf<Ops>, PostOperationOf<Ops>, ExchangeOperationOf<Ops>> {
  type Operation = OperationOf<Ops>
  const report = createReport(app, onPosting)
  const post = createPost({ app, rows, find, own, shards, patienceMs, report, wakeUp, atWork })
  const settle = createSettle(own, post)
  const holdChanges = createHoldChanges({ rows, settle, find })
  const readEntry = entryDrafts(app, operations)
  const readTransaction = transactionDrafts(app, operations)
  const corrections = correctionDrafts(operations, find)

  /**
   * Makes a command from the function that carries it out. The function returns refusals. In an app's transaction the
   * command throws them.
   */
  function command<Input, Posted extends object, Refused extends Refusal<Operation>>(
    refusals: RefusalClasses<Refused>,
    run: (sql: Sql, input: Input) => Promise<Posted | Refusal<Operation>>,
  ): LedgerCommand<Input, Posted, Refused> {
    function call(input: Input): Promise<LedgerResult<Posted, Refused>>
    function call(input: Input, options: { readonly tx: TransactionClient }): Promise<Posted>
    async function call(input: Input, options?: { readonly tx: TransactionClient }) {
      if (!options) return resultOf(refusals, await run(own, input))
      const outcome = await run(sqlOf(options.tx), input)
      if (outcome instanceof LedgerError) throw outcome
      return outcome
    }
    return Object.assign(call, { refusals })
  }

  /** Makes a command that posts one draft. */
  const posting = <Input, Posted extends object, Refused extends Refusal<Operation>>(
    refusals: RefusalClasses<Refused>,
    read: (
      input: Input,
      sql: Sql,
    ) => PostingRequest | ValidationError | Promise<PostingRequest | Refusal<Operation>>,
    answer: (posted: Written<Operation>) => Posted,
  ) =>
    command(refusals, async (sql, input: Input) => {
      const request = await read(input, sql)
      return request instanceof LedgerError ? request : settle(sql, request, answer)
    })

  return {
    postEntry: posting(postingErrors, readEntry, postedEntry),
    postTransaction: posting(postingErrors, readTransaction, postedTransaction),
    transfer: posting(postingErrors, transferDrafts(operations, readTransaction), postedTransaction),
    exchange: posting(postingErrors, exchangeDrafts(app, operations), postedTransaction),
    reverseTransaction: posting(correctionErrors, corrections.reversal, postedTransaction),
    refundEntry: posting(correctionErrors, corrections.refund, postedEntry),
    voidLot: posting(voidErrors, voidDrafts(operations, find), postedEntry),
    holdCredits: posting(holdErrors, holdDrafts(app, operations), postedHold),
    captureHold: command(captureErrors, holdChanges.capture),
    prolongHold: command(prolongErrors, holdChanges.prolong),
    releaseHold: command(releaseErrors, holdChanges.release),
    setOverdraft: posting(overdraftErrors, overdraftRequests(books), setOverdraft),
    async postEntries(inputs, options = {}) {
      const { items, dryRun } = readBatch({ inputs, ...options }, readEntry)
      const drafts = items.flatMap((item) => ('draft' in item ? [item.draft] : []))
      const settled = drafts.length > 0 ? await post.alone(own, drafts, dryRun) : []
      return inOrder(items, settled).map((outcome) =>
        resultOf(postingErrors, outcome instanceof LedgerError ? outcome : postedEntry(outcome)),
      )
    },
  }
}

/**
 * Returns the result of a command. @throws Error for a refusal that the command's type does not name, which cannot
 * happen
 */
function resultOf<Posted extends object, Refused extends Refusal>(
  refusals: RefusalClasses<Refused>,
  outcome: Posted | Refusal,
): LedgerResult<Posted, Refused> {
  if (!(outcome instanceof LedgerError)) return { ok: true, ...outcome }
  if (isOneOf(refusals, outcome)) return { ok: false, error: outcome }
  throw outcome
}
