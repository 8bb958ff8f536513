import type { ForApp } from './app-documents.ts'
import { LedgerClientError } from './errors.ts'
import { PostEntriesDocument } from './generated/documents.ts'
import type { BatchEntryInput } from './inputs.ts'
import { entryToSend } from './moments.ts'
import { resultOf } from './posting.ts'
import { replayedEntry } from './replays.ts'
import type { PostEntryResult } from './results.ts'
import type { Send } from './transport.ts'

/**
 * Makes the method that posts a batch. Each input gets a nonce, so that the whole batch can be sent again. An entry
 * that an earlier attempt posted counts as a success.
 */
export function createPostEntries<
  Operation extends string,
  PostOperation extends Operation,
  Book extends string,
>(send: Send, ofApp: ForApp<Operation, PostOperation, Book>) {
  const replayOf = replayedEntry('PostLedgerEntrySuccess')
  return async (
    given: readonly BatchEntryInput<PostOperation>[],
    { dryRun = false }: { readonly dryRun?: boolean | undefined } = {},
  ): Promise<readonly PostEntryResult<Operation, Book>[]> => {
    const inputs = given.map((input) => ({
      ...entryToSend(input),
      nonce: input.nonce ?? crypto.randomUUID(),
    }))
    try {
      const { result, maybeDoneBefore } = await send(ofApp(PostEntriesDocument), { inputs, dryRun })
      const results: PostEntryResult<Operation, Book>[] = []
      const answered = new Set<string>()
      for (const [index, outcome] of result.outcomes.entries()) {
        // An entry that an earlier input has posted belongs to that input. This input repeats its nonce.
        const isAnswered = 'entry' in outcome && answered.has(outcome.entry.id)
        const isOurs = !dryRun && !isAnswered && (given[index]?.nonce === undefined || maybeDoneBefore)
        const posted = await resultOf(outcome, { isOurs, replayOf })
        if (posted.ok) answered.add(posted.entry.id)
        results.push(posted)
      }
      return results
    } catch (error) {
      const nonces = inputs.map(({ nonce }) => nonce)
      throw error instanceof LedgerClientError ? error.ofPosting({ nonces }) : error
    }
  }
}
