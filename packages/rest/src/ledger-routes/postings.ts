import { z } from 'zod'
import { RestPostLedgerEntryDocument } from '../generated/documents.ts'
import { restPostedEntry } from '../graph.ts'
import { defineRoute, type Replay, type Route } from '../route.ts'
import * as shapes from '../shapes.ts'
import { type EntryReader, entryFields, postingFields, postingInput } from './posting-fields.ts'

/** The body of a request that posts one entry. */
export const postingBody = z.object({
  owner_id: entryFields.owner_id,
  operation: entryFields.operation,
  nonce: postingFields.nonce,
  amount: entryFields.amount,
  expires_on: entryFields.expires_on,
  metadata: postingFields.metadata,
  dry_run: postingFields.dry_run,
})

/** The answer to a posting of one entry. */
export const postedEntryBody = z.object(shapes.postedEntry).meta({ id: 'PostedEntry' })

/** Converts a replay of one entry to REST. */
export function replayedEntry({ entry, balance }: Replay) {
  return entry && { entry, balance }
}

/** Posts one entry. */
export function postRoute(readEntries: EntryReader): Route {
  return defineRoute({
    method: 'post',
    path: '/ledger',
    aliases: ['/ledger/'],
    operationId: 'postEntry',
    tag: 'entries',
    summary: 'Post one entry to an owner’s account',
    description:
      'The nonce makes the request safe to repeat: sent as `nonce`, every repetition is refused with 409 and the ' +
      'original; sent as the header Idempotency-Key, an identical repetition is answered with the original.',
    request: { body: postingBody },
    document: RestPostLedgerEntryDocument,
    async variables({ body }, run) {
      const [entry] = await readEntries([body], run)
      return { input: { ...entry, ...postingInput(body) } }
    },
    success: { status: 200, description: 'Posted.', body: postedEntryBody },
    answer: restPostedEntry,
    replay: replayedEntry,
    codes: ['ACCOUNT_NOT_EMPTY'],
  })
}
