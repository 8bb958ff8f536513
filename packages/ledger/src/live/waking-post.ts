import type { TransactionClient } from '../database.ts'
import { LedgerError } from '../errors.ts'
import type { Post } from '../posting/post.ts'

/**
 * The same way to post, which wakes the readers once entries are committed. Those of an app's own transaction are not
 * yet: the readers find them by themselves.
 */
export function wakingPost<Operation extends string>(
  post: Post<Operation>,
  { ledgerClient, wakeUp }: { ledgerClient: TransactionClient; wakeUp: () => void },
): Post<Operation> {
  return async (client, drafts, options) => {
    const settled = await post(client, drafts, options)
    const isCommitted = client === ledgerClient && !options?.dryRun
    if (isCommitted && settled.some((outcome) => !(outcome instanceof LedgerError))) wakeUp()
    return settled
  }
}
