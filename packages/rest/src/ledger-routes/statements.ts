import { limits } from '@shared-ledger/ledger/facts'
import { z } from 'zod'
import { bookArgument, type Contract, checkOperations } from '../contract.ts'
import { RestAccountsDocument, RestSummaryDocument } from '../generated/documents.ts'
import { restBalance } from '../graph.ts'
import { defineRoute, type Route } from '../route.ts'
import * as shapes from '../shapes.ts'
import { oneOrMore, operationQuery } from './operation-query.ts'
import { next, nextOf, pageArguments, pageQuery } from './pages.ts'

const summaryLine = z
  .object({
    operation: shapes.operationName,
    start: shapes.createdOn.meta({ description: 'When the window began: UTC.' }),
    count: z.int().meta({ description: 'The number of entries, without reversals and refunds.' }),
    gross: z.int().meta({ description: 'Their sum, in signed credits.' }),
    reversed: z.int().meta({ description: 'The sum of the reversals and refunds, in signed credits.' }),
  })
  .meta({ id: 'SummaryLine' })

const summaryQuery = z.object({
  from: shapes.moment.meta({ description: 'From this moment on.', examples: ['2026-11-01T00:00:00Z'] }),
  to: shapes.moment.meta({ description: 'Before this moment.', examples: ['2026-12-01T00:00:00Z'] }),
  per: z.enum(['hour', 'day', 'month']),
  ...shapes.bookQuery,
  operation: operationQuery,
})

/** Sums entries up by operation and time: of one owner, and of the whole app under a path that cannot be an owner's. */
export function summaryRoutes(contract: Contract): readonly Route[] {
  const asked = ({ from, to, per, book, operation }: z.output<typeof summaryQuery>) => {
    const operations = oneOrMore(operation)
    checkOperations(contract, operations)
    return { from, to, per: per.toUpperCase(), ...bookArgument(contract, book), operations }
  }
  const summary = {
    method: 'get',
    description: `Windows are in UTC, oldest first, at most ${limits.summaryWindows.toLocaleString('en')}. A window without entries is left out.`,
    document: RestSummaryDocument,
    success: { status: 200, body: z.object({ lines: z.array(summaryLine) }) },
  } as const
  return [
    defineRoute({
      ...summary,
      path: '/ledger/{owner_id}/summary',
      operationId: 'getOwnerSummary',
      tag: 'entries',
      summary: 'Counts and sums of an owner’s entries per operation and hour, day or month',
      request: { params: z.object({ owner_id: shapes.ownerId }), query: summaryQuery },
      variables: ({ params, query }) => ({ ownerId: params.owner_id, ...asked(query) }),
      answer: (lines) => ({ lines: [...lines] }),
    }),
    defineRoute({
      ...summary,
      path: '/operations/summary',
      operationId: 'getSummary',
      tag: 'entries',
      summary: 'Counts and sums of the whole app’s entries per operation and hour, day or month',
      request: { query: summaryQuery },
      variables: ({ query }) => asked(query),
      answer: (lines) => ({ lines: [...lines] }),
    }),
  ]
}

const account = shapes.accountBalance
  .extend({
    entry_count: z.int().meta({ description: 'How many entries it has.' }),
    created_on: shapes.createdOn,
    updated_on: shapes.createdOn,
  })
  .meta({ id: 'LedgerAccount' })

/** Lists the accounts of a book. */
export function accountsRoute(contract: Contract): Route {
  return defineRoute({
    method: 'get',
    path: '/ledger',
    operationId: 'listAccounts',
    tag: 'balances',
    summary: 'Accounts by owner, byte by byte',
    description: '`next` is the `after` of the next page.',
    request: {
      query: z.object({
        ...pageQuery,
        ...shapes.bookQuery,
        prefix: z.string().optional().meta({ description: 'Only owners that begin with this.' }),
      }),
    },
    document: RestAccountsDocument,
    variables: ({ query: { book, prefix, ...page } }) => ({
      prefix,
      ...bookArgument(contract, book),
      ...pageArguments(page),
    }),
    success: {
      status: 200,
      body: z.object({ accounts: z.array(account), next }).meta({ id: 'AccountPage' }),
    },
    answer: (result) => ({
      accounts: result.edges.map(({ node: { balance, entryCount, createdOn, updatedOn } }) => ({
        ...restBalance(balance),
        entry_count: entryCount,
        created_on: createdOn,
        updated_on: updatedOn,
      })),
      next: nextOf(result),
    }),
  })
}
