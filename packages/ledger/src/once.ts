import type { LedgerResult } from './commands.ts'
import { ledgerErrorOf, meaningOf, query } from './database/database-errors.ts'
import type { RunTransaction } from './database/sql.ts'
import { DuplicateHoldError, DuplicateNonceError } from './errors.ts'
import type { PostedHold } from './posting/holds.ts'
import type { PostedEntry } from './posting/post-entry.ts'
import { counted, originalOf, postedThrough } from './posting/provenance.ts'
import { backOff, maxAttempts, mayPass } from './posting/retry.ts'
import type { PostedTransaction } from './posting/transaction.ts'

/** The result of a command with a nonce. */
export type Posted = PostedEntry | PostedTransaction | PostedHold

/** Anything but null and undefined, which say that there is no row. */
type AnyRow = NonNullable<unknown>

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

/** Makes `ledger.once`. Attempts begin within `patienceMs`. `wakeUp` is called when entries were committed. */
export function createOnce({
  patienceMs,
  wakeUp,
}: {
  readonly patienceMs: number
  readonly wakeUp: () => void
}): LedgerOnce['once'] {
  function once<Answer extends Posted>(work: OncePosting<Answer>): Promise<Answer & Replay>
  function once<Tx, Answer extends Posted, Row extends AnyRow>(
    transactions: PrismaTransactions<Tx> | RunTransaction<Tx>,
    work: OnceWork<Tx, Answer, Row>,
  ): Promise<OnceResult<Answer, Row>>
  async function once<Tx, Answer extends Posted, Row extends AnyRow>(
    first: PrismaTransactions<Tx> | RunTransaction<Tx> | OncePosting<Answer>,
    work?: OnceWork<Tx, Answer, Row>,
  ): Promise<Answer & Replay> {
    // A Prisma client may have a model of the name `post`.
    if (work) {
      const run = runOf(first)
      return retried(() => writeOnce(run, work, wakeUp), patienceMs)
    }
    if (!('post' in first)) throw misused()
    return retried(() => postOnce(first), patienceMs)
  }
  return once
}

function runOf<Tx>(
  transactions: PrismaTransactions<Tx> | RunTransaction<Tx> | OncePosting<Posted>,
): RunTransaction<Tx> {
  if (typeof transactions === 'function') return transactions
  if (!('$transaction' in transactions)) throw misused()
  return (work) => transactions.$transaction(work)
}

const misused = () =>
  new TypeError(
    '`once` takes a Prisma client or a function that runs a transaction, and the work; or `{ post }` alone.',
  )

async function postOnce<Answer extends Posted>({ post }: OncePosting<Answer>): Promise<Answer & Replay> {
  const result = await post()
  if (!result.ok) {
    const original = await originalOf<Answer>(result.error)
    if (!original) throw result.error
    return { ...original, replayed: true }
  }
  return { ...withoutOk<Answer>(result), replayed: false }
}

function withoutOk<Answer extends Posted>(result: { readonly ok: true } & Answer): Answer
function withoutOk({ ok: _, ...posted }: { readonly ok: true } & Posted): Posted {
  return posted
}

async function writeOnce<Tx, Answer extends Posted, Row extends AnyRow>(
  run: RunTransaction<Tx>,
  { post, write, find }: OnceWork<Tx, Answer, Row>,
  wakeUp: () => void,
): Promise<OnceResult<Answer, Row>> {
  let refusal: unknown
  let failure: { readonly error: unknown } | undefined
  const work = async (tx: Tx) => {
    const { result: posted, commands } = await counted(() => post(tx)).catch((error: unknown) => {
      refusal = error
      throw error
    })
    if (commands > 1) throw moreThanOne()
    const sql = postedThrough(posted)
    if (!sql) throw notOnce()
    const row = await write(tx, posted)
    // An error has ended the transaction, and `write` caught it. PostgreSQL accepts nothing more in it.
    await query(() => sql('SELECT 1', []))
    return { ...posted, row, replayed: false }
  }
  try {
    const written = await run((tx) => {
      refusal = undefined
      failure = undefined
      return work(tx).catch((error: unknown) => {
        failure = { error }
        throw error
      })
    })
    wakeUp()
    return written
  } catch (error) {
    const original = await originalOf<Answer>(refusal)
    // The work's own error comes first, because a lost connection may make the rollback fail too.
    if (!original) throw failure ? failure.error : meaningOf(error)
    return find(original).then((row) => {
      if (row === null || row === undefined) throw otherRequest(refusal)
      return { ...original, row, replayed: true }
    })
  }
}

const notOnce = () =>
  new TypeError(
    '`post` must return the unchanged result of a command with a nonce and `{ tx }`. Without a nonce, or in a dry run, a ' +
      'repeated request cannot be recognised.',
  )

const moreThanOne = () =>
  new TypeError(
    '`post` must post with exactly one command, because a replay returns the result of one. Run further ones in `write`.',
  )

/** Returns the error for an identical posting without the request's row. */
function otherRequest(duplicate: unknown): unknown {
  if (duplicate instanceof DuplicateNonceError) {
    return new DuplicateNonceError(duplicate.entry, false, duplicate.balance)
  }
  if (duplicate instanceof DuplicateHoldError) {
    return new DuplicateHoldError(duplicate.hold, false, duplicate.balance)
  }
  return duplicate
}

/** Makes attempts until one succeeds or fails for good. */
async function retried<Result>(attempt: () => Promise<Result>, patienceMs: number): Promise<Result> {
  const deadline = performance.now() + patienceMs
  for (let count = 1; ; count += 1) {
    try {
      return await attempt()
    } catch (error) {
      const passing = ledgerErrorOf(error)
      if (!mayPass(passing) || count === maxAttempts || performance.now() > deadline) throw error
      await backOff(passing, count)
    }
  }
}
