import { limits } from '@shared-ledger/ledger/facts'
import { z } from 'zod'
import { bookArgument, type Contract } from '../contract.ts'
import {
  RestEntryLotsDocument,
  RestLotDocument,
  RestLotSummaryDocument,
  type RestLotSummaryQuery,
  RestLotsDocument,
  RestLotUsesDocument,
  RestVoidLotDocument,
} from '../generated/documents.ts'
import { restEntry, restLot, restPostedEntry } from '../graph.ts'
import { problem } from '../problem.ts'
import { defineRoute, type Route } from '../route.ts'
import * as shapes from '../shapes.ts'
import { next, nextOf, pageArguments, pageQuery } from './pages.ts'
import { postingFields, postingInput } from './posting-fields.ts'
import { postedEntryBody, replayedEntry } from './postings.ts'
import { windowsArguments, windowsQuery } from './statements.ts'

/** Lists an owner's lots. */
function lotsRoute(contract: Contract): Route {
  return defineRoute({
    method: 'get',
    path: '/ledger/{owner_id}/lots',
    operationId: 'listLots',
    tag: 'lots',
    summary: 'An owner’s lots, newest first',
    description:
      'Those that other apps made on the same account too. `next` is the `after` of the next page.',
    request: {
      params: z.object({ owner_id: shapes.ownerId }),
      query: z.object({
        ...pageQuery,
        ...shapes.bookQuery,
        live: z
          .enum(['true', 'false'])
          .optional()
          .meta({ description: 'Whether to list only lots with credits left.' }),
      }),
    },
    document: RestLotsDocument,
    variables: ({ params, query: { book, live, ...page } }) => ({
      ownerId: params.owner_id,
      ...bookArgument(contract, book),
      live: live === 'true',
      ...pageArguments(page),
    }),
    success: { status: 200, body: z.object({ lots: z.array(shapes.lot), next }).meta({ id: 'LotPage' }) },
    answer: (result) => ({ lots: result.edges.map(({ node }) => restLot(node)), next: nextOf(result) }),
  })
}

/** Reads one lot. */
const lotRoute = defineRoute({
  method: 'get',
  path: '/ledger/lots/{lot_id}',
  operationId: 'getLot',
  tag: 'lots',
  summary: 'A lot that this app made',
  description: 'Its `rest` says how many credits are left.',
  request: { params: z.object({ lot_id: shapes.idInPath }) },
  document: RestLotDocument,
  variables: ({ params }) => ({ id: params.lot_id }),
  success: { status: 200, body: z.object({ lot: shapes.lot }) },
  answer(lot) {
    if (!lot) throw problem('LOT_NOT_FOUND')
    return { lot: restLot(lot) }
  },
  codes: ['LOT_NOT_FOUND'],
})

const usedAmount = z.int().meta({ description: 'Signed credits of the lot: - taken, + given back.' })

/** Lists what entries took from a lot and gave back to it. */
const usesRoute = defineRoute({
  method: 'get',
  path: '/ledger/lots/{lot_id}/uses',
  operationId: 'listLotUses',
  tag: 'lots',
  summary: 'What entries took from a lot and gave back to it, oldest first',
  description: '`next` is the `after` of the next page.',
  request: { params: z.object({ lot_id: shapes.idInPath }), query: z.object(pageQuery) },
  document: RestLotUsesDocument,
  variables: ({ params, query }) => ({ id: params.lot_id, ...pageArguments(query) }),
  success: {
    status: 200,
    body: z
      .object({
        uses: z.array(
          z.object({
            amount: usedAmount,
            entry: shapes.entry
              .nullable()
              .meta({ description: 'Null for an entry of another app that shares the book.' }),
          }),
        ),
        next,
      })
      .meta({ id: 'LotUsePage' }),
  },
  answer(lot) {
    if (!lot) throw problem('LOT_NOT_FOUND')
    return {
      uses: lot.uses.edges.map(({ node: { amount, entry } }) => ({
        amount,
        entry: entry && restEntry(entry),
      })),
      next: nextOf(lot.uses),
    }
  },
  codes: ['LOT_NOT_FOUND'],
})

/** Lists the lots of one entry. */
const entryLotsRoute = defineRoute({
  method: 'get',
  path: '/ledger/entries/{entry_id}/lots',
  operationId: 'listEntryLots',
  tag: 'lots',
  summary: `What an entry took from lots and gave back to them, up to ${limits.usesOfEntry}`,
  description: 'Empty for an entry that took nothing from a lot, such as one that made a lot.',
  request: { params: z.object({ entry_id: shapes.idInPath }) },
  document: RestEntryLotsDocument,
  variables: ({ params }) => ({ id: params.entry_id }),
  success: {
    status: 200,
    body: z.object({ lots: z.array(z.object({ lot_id: shapes.id, amount: usedAmount })) }),
  },
  answer(entry) {
    if (!entry) throw problem('ENTRY_NOT_FOUND')
    return { lots: (entry.lots ?? []).map(({ lotId, amount }) => ({ lot_id: Number(lotId), amount })) }
  },
  codes: ['ENTRY_NOT_FOUND'],
})

const lotSummaryLine = z
  .object({
    kind: shapes.lotKind.meta({ description: 'Where the credits come from.' }),
    start: shapes.createdOn.meta({ description: 'When the window began: UTC.' }),
    granted: z.int().meta({ description: 'The credits of new lots.' }),
    used: z.int().meta({ description: 'What entries took, without what corrections gave back.' }),
    expired: z.int().meta({ description: 'What has expired, whether or not an entry says so yet.' }),
    voided: z.int().meta({ description: 'What voids took back.' }),
    outstanding: z.int().meta({ description: 'What was left at the end of the window.' }),
  })
  .meta({ id: 'LotSummaryLine' })

/** Tells what became of lots: those of one owner, and of the whole app under a path that cannot be an owner's. */
function lotSummaryRoutes(contract: Contract): readonly Route[] {
  const summary = {
    method: 'get',
    tag: 'lots',
    description: `Windows are in UTC, oldest first, at most ${limits.summaryWindows.toLocaleString('en')}. Only lots that this app made.`,
    document: RestLotSummaryDocument,
    success: { status: 200, body: z.object({ lines: z.array(lotSummaryLine) }) },
    answer: (lines: RestLotSummaryQuery['result']) => ({
      lines: lines.map(({ kind, ...line }) => ({ kind: kind.toLowerCase(), ...line })),
    }),
  } as const
  return [
    defineRoute({
      ...summary,
      path: '/ledger/{owner_id}/lots/summary',
      operationId: 'getOwnerLotSummary',
      summary: 'What became of an owner’s lots per kind and hour, day or month',
      request: { params: z.object({ owner_id: shapes.ownerId }), query: windowsQuery },
      variables: ({ params, query }) => ({ ownerId: params.owner_id, ...windowsArguments(contract, query) }),
    }),
    defineRoute({
      ...summary,
      path: '/operations/lots/summary',
      operationId: 'getLotSummary',
      summary: 'What became of the whole app’s lots per kind and hour, day or month',
      request: { query: windowsQuery },
      variables: ({ query }) => windowsArguments(contract, query),
    }),
  ]
}

const voidRoute = defineRoute({
  method: 'post',
  path: '/ledger/lots/{lot_id}/void',
  operationId: 'voidLot',
  tag: 'lots',
  summary: 'Take back what is left of a lot, once',
  description: 'Only of a lot that this app made. The metadata has a `reason`.',
  request: {
    params: z.object({ lot_id: shapes.idInPath }),
    body: z.object({
      ...postingFields,
      metadata: postingFields.metadata.meta({ examples: [{ reason: 'given by mistake' }] }),
    }),
  },
  document: RestVoidLotDocument,
  variables: ({ params, body }) => ({ input: { id: params.lot_id, ...postingInput(body) } }),
  success: { status: 200, description: 'Taken back.', body: postedEntryBody },
  answer: restPostedEntry,
  replay: replayedEntry,
  codes: ['LOT_NOT_FOUND'],
  fieldNames: { id: 'lot_id' },
})

/** The routes that read the lots of an owner, or of the app. */
export function lotReads(contract: Contract): readonly Route[] {
  return [lotsRoute(contract), ...lotSummaryRoutes(contract)]
}

/** The routes of single lots and entries. */
export const lotRoutes: readonly Route[] = [lotRoute, usesRoute, entryLotsRoute, voidRoute]
