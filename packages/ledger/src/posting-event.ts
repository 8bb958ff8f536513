import { LedgerError } from './errors.ts'
import type { PostEntryInput, PostedEntry } from './post-entry.ts'

/** A posting that came to an outcome, for logs. */
export interface PostingEvent {
  readonly app: string
  readonly ownerId: string
  readonly operation: string
  /** Signed credits when posted; otherwise the number asked for, or null for the operation's default. */
  readonly amount: number | null
  /** `posted`, or the code of the refusal. In the app's own transaction `posted` holds once that commits. */
  readonly outcome: string
}

/** Runs a posting and tells `onPosting` what became of it. What the listener throws changes nothing of that. */
export async function reported<Operation extends string>(
  onPosting: ((event: PostingEvent) => void) | undefined,
  {
    app,
    ownerId,
    operation,
    amount,
  }: Pick<PostEntryInput, 'ownerId' | 'operation' | 'amount'> & { app: string },
  post: () => Promise<PostedEntry<Operation>>,
): Promise<PostedEntry<Operation>> {
  const report = (event: Pick<PostingEvent, 'amount' | 'outcome'>) => {
    try {
      onPosting?.({ app, ownerId, operation, ...event })
    } catch (error) {
      process.emitWarning(error instanceof Error ? error : String(error))
    }
  }
  try {
    const posted = await post()
    report({ amount: posted.entry.amount, outcome: 'posted' })
    return posted
  } catch (error) {
    report({ amount: amount ?? null, outcome: error instanceof LedgerError ? error.code : 'INTERNAL_ERROR' })
    throw error
  }
}
