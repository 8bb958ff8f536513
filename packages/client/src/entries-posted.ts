import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import type { DocumentNode } from 'graphql'
import { LedgerClientError } from './errors.ts'
import { lostConnection, type OpenStream } from './event-stream.ts'
import { failureOf } from './failure.ts'
import { EntryPostedDocument, type EntryPostedSubscription } from './generated/documents.ts'
import { delayAfter, type RetryPolicy } from './retry.ts'
import type { ForOperations, SharedOperation } from './types.ts'

/** A posted entry and its cursor in the list of the owner's entries. */
export interface LiveEntry<Operation extends string = SharedOperation>
  extends ForOperations<EntryPostedSubscription['ledgerEntryPosted'], Operation> {}

/** Where a live list of entries begins, and when it ends. */
export interface EntriesPostedInput {
  /**
   * The cursor of the last entry that was read. '' starts at the owner's first entry. When left out, only new entries
   * follow.
   */
  readonly after?: string | undefined
  /** Ends the list. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Yields an owner's entries as they are posted, over as many connections as needed. Each connection continues after the
 * last entry. The policy counts failures in a row. An entry, or a connection that lasts longer than the longest wait,
 * resets the count.
 *
 * @param latestCursor Returns the cursor of the owner's last entry, or '' when there is none.
 * @throws LedgerClientError when reconnecting fails
 */
export async function* entriesPosted<Operation extends string>(
  {
    open,
    latestCursor,
    policy,
  }: {
    readonly open: OpenStream
    readonly latestCursor: () => Promise<string>
    readonly policy: RetryPolicy
  },
  ownerId: string,
  { after, signal }: EntriesPostedInput,
): AsyncGenerator<LiveEntry<Operation>, void> {
  const untyped: DocumentNode = EntryPostedDocument
  const document: TypedDocumentNode<{ readonly ledgerEntryPosted: LiveEntry<Operation> }, never> = untyped
  // Read before the first connection. An entry that is posted while that connection fails would otherwise be missed.
  let cursor = after ?? (await latestCursor())
  let failures = 0
  while (!signal?.aborted) {
    const openedAt = performance.now()
    try {
      for await (const { ledgerEntryPosted } of open(document, { ownerId, after: cursor }, signal)) {
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
