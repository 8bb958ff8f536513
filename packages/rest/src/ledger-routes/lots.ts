import { z } from 'zod'
import { bookArgument, type Contract } from '../contract.ts'
import { RestLotDocument, RestLotsDocument, RestVoidLotDocument } from '../generated/documents.ts'
import { restLot, restPostedEntry } from '../graph.ts'
import { problem } from '../problem.ts'
import { defineRoute, type Route } from '../route.ts'
import * as shapes from '../shapes.ts'
import { next, nextOf, pageArguments, pageQuery } from './pages.ts'
import { postingFields, postingInput } from './posting-fields.ts'
import { postedEntryBody, replayedEntry } from './postings.ts'

/** Lists an owner's lots. */
export function lotsRoute(contract: Contract): Route {
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

/** The routes of single lots: reading and voiding. */
export const lotRoutes: readonly Route[] = [lotRoute, voidRoute]
