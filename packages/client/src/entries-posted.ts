import type { ForApp } from './app-documents.ts'
import { LedgerClientError } from './errors.ts'
import { lostConnection, type OpenStream } from './event-stream.ts'
import { failureOf } from './failure.ts'
import { EntryPostedDocument, type EntryPostedSubscription } from './generated/documents.ts'
import type { InBook } from './inputs.ts'
import { delayAfter, type RetryPolicy } from './retry.ts'
import type { ForOperations, SharedOperation } from './types.ts'

/** A posted entry and its cursor in the list of the same entries. */
export type LiveEntry<
  Operation extends string = SharedOperation,
  Book extends string = never,
> = ForOperations<EntryPostedSubscription['ledgerEntryPosted'], Operation, Book>

/** Where a live list of entries begins, and when it ends. */
export interface EntriesPostedInput<Book extends string = never> extends InBook<Book> {
  /**
   * The cursor of the last entry that was read. '' starts at the first entry. When left out, only new entries
   * follow.
   */
  readonly after?: string | undefined
  /** Ends the list. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Yields an owner's entries, or those of all owners (null), as they are posted, over as many connections as needed. Each
 * connection continues after the last entry. The policy counts failures in a row. An entry, or a connection that lasts longer than the longest wait,
 * resets the count.
 *
 * @param latestCursor Returns the cursor of the list's last entry, or '' when there is none.
 * @throws LedgerClientError when reconnecting fails
 */
export async function* entriesPosted<Operation extends string, Book extends string>(
  {
    open,
    ofApp,
    latestCursor,
    policy,
  }: {
    readonly open: OpenStream
    readonly ofApp: ForApp<Operation, Operation, Book>
    readonly latestCursor: () => Promise<string>
    readonly policy: RetryPolicy
  },
  ownerId: string | null,
  { book, after, signal }: EntriesPostedInput<Book>,
): AsyncGenerator<LiveEntry<Operation, Book>, void> {
  const document = ofApp(EntryPostedDocument)
  // Read before the first connection. An entry that is posted while that connection fails would otherwise be missed.
  let cursor = after ?? (await latestCursor())
  let failures = 0
  while (!signal?.aborted) {
    const openedAt = performance.now()
    try {
      for await (const { ledgerEntryPosted } of open(document, { ownerId, book, after: cursor }, signal)) {
        cursor = ledgerEntryPosted.cursor
        failures = 0
        yield ledgerEntryPosted
      }
      throw lostConnection('the server ended the subscription')
    } catch (thrown) {
      if (signal?.aborted) return
      if (performance.now() - openedAt > policy.maxDelayMs) failures = 0
      failures += 1
      const failure = failureOf(thrown)
      const delayMs = delayAfter(failures, policy, failure.retryAfterMs)
      if (!failure.retryable || delayMs === undefined) throw new LedgerClientError(failure)
      await pause(delayMs, signal)
    }
  }
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal?.addEventListener('abort', end)
  })
}
