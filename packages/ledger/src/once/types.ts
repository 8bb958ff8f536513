import type { LedgerResult } from '../commands.ts'
import type { RunTransaction } from '../database/sql.ts'
import type { PostedHold } from '../posting/holds.ts'
import type { PostedEntry } from '../posting/post-entry.ts'
import type { PostedTransaction } from '../posting/transaction.ts'

/** The result of a command with a nonce. */
export type Posted = PostedEntry | PostedTransaction | PostedHold

/** Anything but null and undefined, which say that there is no row. */
export type AnyRow = NonNullable<unknown>

/** A Prisma client, whose `$transaction` passes `Tx` to its callback. */
export interface PrismaTransactions<Tx> {
  $connect(): PromiseLike<void>
  $transaction<Result>(work: (tx: Tx) => Promise<Result>): PromiseLike<Result>
}

/** What to do once. Each function may run again, and may have effects only through its transaction. */
export interface OnceWork<Tx, Answer extends Posted, Row extends AnyRow> {
  /**
   * Posts with exactly one command that has a nonce, with `{ tx }`, and returns the command's result. Further ones run
   * in `write`. `tx` must be the given transaction: `once` cannot tell it from another one. Rows that the posting
   * depends on are read and locked here.
   */
  readonly post: (tx: Tx) => PromiseLike<Answer>
  /** Writes the app's rows of a new posting, and returns what `find` finds: never null or undefined. */
  readonly write: (tx: Tx, posted: Answer) => PromiseLike<Row>
  /**
   * Finds the row of an identical posting, if it is the row that this request would write. Null or undefined means that
   * the nonce was used for another request. It runs outside of the transaction, which has ended.
   */
  readonly find: (original: Answer) => PromiseLike<Row | null | undefined>
}

/** Whether an earlier request, or an earlier attempt whose answer was lost, did this. Nothing was done now. */
export interface Replay {
  readonly replayed: boolean
}

/** The posting, the app's row, and whether both existed before. */
export type OnceResult<Answer extends Posted, Row extends AnyRow> = Answer & { readonly row: Row } & Replay

/** Posts and writes the app's own rows once, however often it is called. */
export interface LedgerOnce {
  /**
   * Posts and writes the app's rows in one transaction, once. The same request again returns the first result, with
   * `replayed: true`, and writes nothing. A request is the same when its posting is identical and `find` finds its row.
   *
   * Conflicts, deadlocks and lost connections are retried, for as long as a posting waits. When it is unknown whether
   * the transaction was committed, the nonce tells. A transaction that an error has ended never counts as a success,
   * even if `write` caught the error.
   *
   * @param transactions The app's Prisma client, or a function that runs a transaction of another library.
   * @throws the refusals of the command. DuplicateNonceError and DuplicateHoldError say that the nonce was used for
   *   another request.
   * @throws TransactionAbortedError when the app caught an error of a statement
   * @throws DatabaseUnavailableError, TransactionConflictError or AccountBusyError. Each may be retried with the same
   *   nonce.
   * @throws the errors of the callbacks, unchanged. After any error nothing was written, unless a
   *   DatabaseUnavailableError says that this is unknown.
   *
   * @example
   * ```ts
   * const { entry, balance, row, replayed } = await ledger.once(prisma, {
   *   post: (tx) => ledger.postEntry({ ownerId, operation: 'CONTENT_CREATION', nonce }, { tx }),
   *   write: (tx, { entry }) => tx.content.create({ data: { ownerId, title, body, entryId: BigInt(entry.id) } }),
   *   find: ({ entry }) => prisma.content.findUnique({ where: { entryId: BigInt(entry.id), title, body } }),
   * })
   * ```
   */
  once<Tx, Answer extends Posted, Row extends AnyRow>(
    transactions: PrismaTransactions<Tx> | RunTransaction<Tx>,
    work: OnceWork<Tx, Answer, Row>,
  ): Promise<OnceResult<Answer, Row>>
  /**
   * Posts once, without rows. The same request again returns the first result, with `replayed: true`.
   *
   * @throws the refusals and the other errors of the command
   *
   * @example
   * ```ts
   * const { entry, balance, replayed } = await ledger.once({
   *   post: () => ledger.postEntry({ ownerId, operation: 'CONTENT_FEATURE', nonce }),
   * })
   * ```
   */
  once<Answer extends Posted>(work: OncePosting<Answer>): Promise<Answer & Replay>
}

/** A posting without rows of the app. */
export interface OncePosting<Answer extends Posted> {
  /** Posts with a command that has a nonce. */
  readonly post: () => PromiseLike<LedgerResult<Answer>>
}
