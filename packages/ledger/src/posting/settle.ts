import type { Sql } from '../database/sql.ts'
import { DuplicateHoldError, DuplicateNonceError, LedgerError } from '../errors.ts'
import type { Refusal } from '../refusals.ts'
import type { PostingRequest } from './draft.ts'
import type { Written } from './outcome.ts'
import type { Post } from './post.ts'
import { noteOriginal, notePosted } from './provenance.ts'

/** Posts what a command asks for, and returns the command's own result. `answer` reads what else it needs by its `sql`. */
export type Settle<Operation extends string> = <Posted extends object>(
  sql: Sql,
  request: PostingRequest,
  answer: (written: Written<Operation>, sql: Sql) => Posted | Promise<Posted>,
) => Promise<Posted | Refusal<Operation>>

/** Makes an app's `Settle`. `own` is the ledger's own client, which reads originals. */
export function createSettle<Operation extends string>(own: Sql, post: Post<Operation>): Settle<Operation> {
  const original = async (
    duplicate: DuplicateNonceError<Operation> | DuplicateHoldError<Operation>,
  ): Promise<Written<Operation>> =>
    duplicate instanceof DuplicateHoldError
      ? { hold: duplicate.hold, balance: duplicate.balance }
      : post.posted(own, duplicate.entry.transactionId)

  return async (sql, request, answer) => {
    const settled = await post.one(sql, request)
    if (settled instanceof DuplicateNonceError || settled instanceof DuplicateHoldError) {
      if (settled.identical) noteOriginal(settled, async () => answer(await original(settled), own))
    }
    if (settled instanceof LedgerError) return settled
    const posted = await answer(settled, sql)
    if (request.draft.nonce !== null && !request.dryRun) notePosted(posted, sql)
    return posted
  }
}
