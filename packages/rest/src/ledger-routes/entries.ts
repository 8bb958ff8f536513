import { z } from 'zod'
import { bookArgument, type Contract, checkOperations } from '../contract.ts'
import {
  RestAccountEntriesDocument,
  RestEntriesDocument,
  type RestEntriesQuery,
  RestLedgerEntryByNonceDocument,
  RestLedgerEntryDocument,
} from '../generated/documents.ts'
import { restEntry, restOtherAppsEntry } from '../graph.ts'
import { problem } from '../problem.ts'
import { defineRoute, type Route } from '../route.ts'
import * as shapes from '../shapes.ts'
import { oneOrMore, operationQuery } from './operation-query.ts'
import { next, nextOf, pageArguments, pageQuery } from './pages.ts'

const entriesBody = z.object({ entries: z.array(shapes.entry), next }).meta({ id: 'EntryPage' })

const entriesQuery = z.object({
  ...pageQuery,
  ...shapes.bookQuery,
  operation: operationQuery,
  from: shapes.moment.optional().meta({ description: 'Only entries from this moment on.' }),
  to: shapes.moment.optional().meta({ description: 'Only entries before this moment.' }),
  order: z
    .enum(['newest_first', 'oldest_first'])
    .optional()
    .meta({ description: 'Newest first when left out.' }),
  metadata: shapes.metadataFilter.optional(),
})

/** Lists entries: of one owner, and of the whole app under a path that cannot be an owner's. */
export function entriesRoutes(contract: Contract): readonly Route[] {
  const asked = ({ book, operation, from, to, order, metadata, ...page }: z.output<typeof entriesQuery>) => {
    const operations = oneOrMore(operation)
    checkOperations(contract, operations)
    const [filter] = Object.entries(metadata ?? {})
    return {
      ...bookArgument(contract, book),
      ...pageArguments(page),
      operations,
      from,
      to,
      order: order?.toUpperCase(),
      metadata: filter && { key: filter[0], value: filter[1] },
    }
  }
  const list = {
    method: 'get',
    tag: 'entries',
    document: RestEntriesDocument,
    success: { status: 200, body: entriesBody },
    answer: (result: RestEntriesQuery['result']) => ({
      entries: result.edges.map(({ node }) => restEntry(node)),
      next: nextOf(result),
    }),
  } as const
  return [
    defineRoute({
      ...list,
      path: '/ledger/{owner_id}/entries',
      operationId: 'listEntries',
      summary: 'An owner’s entries, newest first',
      description: '`next` is the `after` of the next page.',
      request: { params: z.object({ owner_id: shapes.ownerId }), query: entriesQuery },
      variables: ({ params, query }) => ({ ownerId: params.owner_id, ...asked(query) }),
    }),
    defineRoute({
      ...list,
      path: '/operations/entries',
      operationId: 'listAllEntries',
      summary: 'The whole app’s entries, newest first',
      description:
        'By id, up to where a transaction that is open may still add one. With a filter, a page looks at 10,000 entries at ' +
        'most, and may be empty without being the last. `next` is the `after` of the next page.',
      request: { query: entriesQuery },
      variables: ({ query }) => asked(query),
    }),
  ]
}

const accountBody = z
  .object({ entries: z.array(z.union([shapes.entry, shapes.otherAppsEntry])), next })
  .meta({ id: 'AccountEntryPage' })

/** Lists all entries of an account. */
export function accountEntriesRoute(contract: Contract): Route {
  return defineRoute({
    method: 'get',
    path: '/ledger/{owner_id}/account',
    operationId: 'listAccountEntries',
    tag: 'entries',
    summary: 'All entries of an account, newest first',
    description:
      'Entries of other apps on the same account have `app`. `next` is the `after` of the next page.',
    request: {
      params: z.object({ owner_id: shapes.ownerId }),
      query: z.object({ ...pageQuery, ...shapes.bookQuery }),
    },
    document: RestAccountEntriesDocument,
    variables: ({ params, query: { book, ...page } }) => ({
      ownerId: params.owner_id,
      ...bookArgument(contract, book),
      ...pageArguments(page),
    }),
    success: { status: 200, body: accountBody },
    answer: (result) => ({
      entries: result.edges.map(({ node }) => ('app' in node ? restOtherAppsEntry(node) : restEntry(node))),
      next: nextOf(result),
    }),
  })
}

/** Reads the entry of a nonce. It tells whether a posting went through when its answer was lost. */
export function entryByNonceRoute(contract: Contract): Route {
  return defineRoute({
    method: 'get',
    path: '/ledger/{owner_id}/entry',
    operationId: 'getEntryByNonce',
    tag: 'entries',
    summary: 'An owner’s entry by its nonce',
    description:
      'It tells whether a posting went through when its answer was lost. The nonce of a hold finds no entry.',
    request: {
      params: z.object({ owner_id: shapes.ownerId }),
      query: z.object({
        ...shapes.bookQuery,
        nonce: shapes.nonce.meta({ description: 'The nonce that it was posted with.' }),
      }),
    },
    document: RestLedgerEntryByNonceDocument,
    variables: ({ params, query: { book, nonce } }) => ({
      ownerId: params.owner_id,
      ...bookArgument(contract, book),
      nonce,
    }),
    success: { status: 200, body: z.object({ entry: shapes.entry }) },
    answer(entry) {
      if (!entry) throw problem('ENTRY_NOT_FOUND', 'The owner has no entry with this nonce.')
      return { entry: restEntry(entry) }
    },
    codes: ['ENTRY_NOT_FOUND'],
  })
}

/** Reads one entry. */
export const entryRoute = defineRoute({
  method: 'get',
  path: '/ledger/entries/{entry_id}',
  operationId: 'getEntry',
  tag: 'entries',
  summary: 'An entry',
  description: 'By its id.',
  request: { params: z.object({ entry_id: shapes.idInPath }) },
  document: RestLedgerEntryDocument,
  variables: ({ params }) => ({ id: params.entry_id }),
  success: { status: 200, body: z.object({ entry: shapes.entry }) },
  answer(entry) {
    if (!entry) throw problem('ENTRY_NOT_FOUND', 'The app has no entry with this id.')
    return { entry: restEntry(entry) }
  },
  codes: ['ENTRY_NOT_FOUND'],
})
