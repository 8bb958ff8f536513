import { limits } from '@shared-ledger/ledger/facts'
import { z } from 'zod'
import { bookArgument, type Contract } from '../contract.ts'
import {
  RestCaptureHoldDocument,
  RestHoldCapturesDocument,
  RestHoldCreditsDocument,
  type RestHoldCreditsMutation,
  RestLedgerHoldDocument,
  RestLedgerHoldsDocument,
  RestProlongHoldDocument,
  RestReleaseHoldDocument,
} from '../generated/documents.ts'
import { restCredits, restEntry, restHold } from '../graph.ts'
import { problem } from '../problem.ts'
import type { Accepted } from '../refusal.ts'
import { defineRoute, type Route } from '../route.ts'
import * as shapes from '../shapes.ts'
import { type EntryReader, entryFields, postingFields, postingInput } from './posting-fields.ts'

const postedHoldBody = z.object({ hold: shapes.hold, ...shapes.credits }).meta({ id: 'PostedHold' })
const postedHold = ({ hold, balance }: Accepted<RestHoldCreditsMutation['result']>) => ({
  hold: restHold(hold),
  ...restCredits(balance),
})

/** Sets credits aside. */
export function holdsRoute(readEntries: EntryReader): Route {
  return defineRoute({
    method: 'post',
    path: '/ledger/holds',
    operationId: 'holdCredits',
    tag: 'holds',
    summary: 'Set credits aside for a later entry',
    description: 'They count as spent until the hold is captured, released or expired.',
    request: {
      body: z.object({
        owner_id: entryFields.owner_id,
        operation: entryFields.operation.meta({ examples: ['CREDIT_SPEND'] }),
        nonce: postingFields.nonce,
        amount: entryFields.amount,
        expires_in: z.int().meta({
          description: `Seconds until the credits are available again, 1 to ${limits.holdSeconds.toLocaleString('en')} (${limits.holdSeconds / 86_400} days).`,
          examples: [3600],
        }),
        metadata: postingFields.metadata,
        dry_run: postingFields.dry_run,
      }),
    },
    document: RestHoldCreditsDocument,
    async variables({ body }, run) {
      const [entry] = await readEntries([body], run)
      return { input: { ...entry, expiresIn: body.expires_in, ...postingInput(body) } }
    },
    success: { status: 201, description: 'Held.', body: postedHoldBody },
    answer: postedHold,
    replay: ({ hold, credits }) => hold && { hold, ...credits },
  })
}

/** Reads one hold. */
export const holdRoute = defineRoute({
  method: 'get',
  path: '/ledger/holds/{hold_id}',
  operationId: 'getHold',
  tag: 'holds',
  summary: 'A hold, and what became of it',
  description: 'Its `status` says whether it is still held.',
  request: { params: z.object({ hold_id: shapes.idInPath }) },
  document: RestLedgerHoldDocument,
  variables: ({ params }) => ({ id: params.hold_id }),
  success: { status: 200, body: z.object({ hold: shapes.hold }) },
  answer(hold) {
    if (!hold) throw problem('HOLD_NOT_FOUND')
    return { hold: restHold(hold) }
  },
  codes: ['HOLD_NOT_FOUND'],
})

/** Lists what captured a hold. */
export const capturesRoute = defineRoute({
  method: 'get',
  path: '/ledger/holds/{hold_id}/captures',
  operationId: 'listCaptures',
  tag: 'holds',
  summary: `The entries that captured a hold, oldest first, up to ${limits.capturesOfHold}`,
  description: 'A hold that keeps its rest may have several.',
  request: { params: z.object({ hold_id: shapes.idInPath }) },
  document: RestHoldCapturesDocument,
  variables: ({ params }) => ({ id: params.hold_id }),
  success: { status: 200, body: z.object({ entries: z.array(shapes.entry) }) },
  answer(hold) {
    if (!hold) throw problem('HOLD_NOT_FOUND')
    return { entries: hold.captures.map(restEntry) }
  },
  codes: ['HOLD_NOT_FOUND'],
})

/** Lists an owner's live holds. */
export function heldRoute(contract: Contract): Route {
  return defineRoute({
    method: 'get',
    path: '/ledger/{owner_id}/holds',
    operationId: 'listHolds',
    tag: 'holds',
    summary: `An owner’s live holds, newest first, up to ${limits.liveHolds}`,
    description: 'Neither captured, nor released, nor expired.',
    request: { params: z.object({ owner_id: shapes.ownerId }), query: z.object(shapes.bookQuery) },
    document: RestLedgerHoldsDocument,
    variables: ({ params, query }) => ({ ownerId: params.owner_id, ...bookArgument(contract, query.book) }),
    success: { status: 200, body: z.object({ holds: z.array(shapes.hold) }) },
    answer: (holds) => ({ holds: holds.map(restHold) }),
  })
}

/** Posts an entry that a hold was for. */
export const captureRoute = defineRoute({
  method: 'post',
  path: '/ledger/holds/{hold_id}/capture',
  operationId: 'captureHold',
  tag: 'holds',
  summary: 'Post an entry that a hold was for',
  description: 'With all or some of its credits. It ends the hold, unless `keep_rest` keeps the rest.',
  request: {
    params: z.object({ hold_id: shapes.idInPath }),
    body: z.object({
      amount: z
        .int()
        .nullish()
        .meta({
          description: 'The number of credits, from 1. All that the hold keeps when left out.',
          examples: [10],
        }),
      keep_rest: z.boolean().nullish().meta({
        description:
          'Whether the hold keeps the rest, for further captures. Otherwise the rest becomes available again.',
      }),
      ...postingFields,
    }),
  },
  document: RestCaptureHoldDocument,
  variables: ({ params, body }) => ({
    input: { id: params.hold_id, amount: body.amount, keepRest: body.keep_rest, ...postingInput(body) },
  }),
  success: {
    status: 200,
    description: 'Captured.',
    body: z
      .object({ entry: shapes.entry, hold: shapes.hold, ...shapes.credits })
      .meta({ id: 'CapturedHold' }),
  },
  answer(captured) {
    const entry = restEntry(captured.entry)
    const { hold, ...credits } = postedHold(captured)
    // In a dry run the graph gives the hold no id. The real hold has one, which the entry names.
    return { entry, hold: { ...hold, id: entry.hold_id ?? hold.id }, ...credits }
  },
  async replay({ entry, credits }, run) {
    if (entry?.hold_id === undefined) return undefined
    const { result: hold } = await run(RestLedgerHoldDocument, { id: String(entry.hold_id) })
    return hold ? { entry, hold: restHold(hold), ...credits } : undefined
  },
  codes: ['HOLD_NOT_FOUND', 'HOLD_CAPTURED', 'HOLD_RELEASED', 'HOLD_EXPIRED'],
  fieldNames: { id: 'hold_id', keepRest: 'keep_rest' },
})

/** Keeps a hold's credits set aside for longer. */
export const prolongRoute = defineRoute({
  method: 'post',
  path: '/ledger/holds/{hold_id}/prolong',
  operationId: 'prolongHold',
  tag: 'holds',
  summary: 'Keep a hold’s credits set aside for longer',
  description: 'A hold that lasts as long already is returned unchanged.',
  request: {
    params: z.object({ hold_id: shapes.idInPath }),
    body: z.object({
      expires_on: shapes.moment.meta({
        description: `When the credits are available again, at most ${limits.holdSeconds / 86_400} days after the hold was made.`,
        examples: ['2026-12-24T18:00:00.000Z'],
      }),
    }),
  },
  document: RestProlongHoldDocument,
  variables: ({ params, body }) => ({ input: { id: params.hold_id, expiresOn: body.expires_on } }),
  success: { status: 200, description: 'Prolonged.', body: postedHoldBody },
  answer: postedHold,
  codes: [
    ...['HOLD_NOT_FOUND', 'HOLD_CAPTURED', 'HOLD_RELEASED', 'HOLD_EXPIRED', 'ACCOUNT_FROZEN'],
    ...['ACCOUNT_CLOSED', 'TRANSACTION_CONFLICT', 'ACCOUNT_BUSY'],
  ] as const,
  fieldNames: { id: 'hold_id', expiresOn: 'expires_on' },
})

/** Makes a hold's credits available again. */
export const releaseRoute = defineRoute({
  method: 'post',
  path: '/ledger/holds/{hold_id}/release',
  operationId: 'releaseHold',
  tag: 'holds',
  summary: 'Make a hold’s credits available again',
  description: 'A hold that was released or has expired is returned unchanged.',
  request: { params: z.object({ hold_id: shapes.idInPath }), body: z.object({}) },
  bodyOptional: true,
  document: RestReleaseHoldDocument,
  variables: ({ params }) => ({ id: params.hold_id }),
  success: { status: 200, description: 'Released.', body: postedHoldBody },
  answer: postedHold,
  codes: ['HOLD_NOT_FOUND', 'HOLD_CAPTURED', 'TRANSACTION_CONFLICT', 'ACCOUNT_BUSY'],
})
