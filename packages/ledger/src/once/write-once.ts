import { meaningOf, query } from '../database/database-errors.ts'
import type { RunTransaction } from '../database/sql.ts'
import { DuplicateHoldError, DuplicateNonceError } from '../errors.ts'
import { counted, originalOf, postedThrough } from '../posting/provenance.ts'
import type { AnyRow, OnceResult, OnceWork, Posted } from './types.ts'

/**
 * Posts and writes the rows in one transaction, or finds the rows of an identical posting. `wakeUp` is called when it
 * was committed.
 */
export async function writeOnce<Tx, Answer extends Posted, Row extends AnyRow>(
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
