import { limits } from '@shared-ledger/ledger/facts'
import { z } from 'zod'
import { bookArgument, type Contract, checkOperations } from '../contract.ts'
import {
  RestAccountsDocument,
  RestOutstandingDocument,
  RestSummaryDocument,
  RestTotalsDocument,
} from '../generated/documents.ts'
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

/** The query parameters of a route that answers with windows. */
export const windowsQuery = z.object({
  from: shapes.moment.meta({ description: 'From this moment on.', examples: ['2026-11-01T00:00:00Z'] }),
  to: shapes.moment.meta({ description: 'Before this moment.', examples: ['2026-12-01T00:00:00Z'] }),
  per: z.enum(['hour', 'day', 'month']),
  ...shapes.bookQuery,
})

/** Returns the graph's arguments for windows. */
export function windowsArguments(contract: Contract, { from, to, per, book }: z.output<typeof windowsQuery>) {
  return { from, to, per: per.toUpperCase(), ...bookArgument(contract, book) }
}

const summaryQuery = windowsQuery.extend({ operation: operationQuery })

/** Sums entries up by operation and time: of one owner, and of the whole app under a path that cannot be an owner's. */
export function summaryRoutes(contract: Contract): readonly Route[] {
  const asked = ({ operation, ...windows }: z.output<typeof summaryQuery>) => {
    const operations = oneOrMore(operation)
    checkOperations(contract, operations)
    return { ...windowsArguments(contract, windows), operations }
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
    summary: 'Accounts, by owner unless order says otherwise',
    description:
      '`next` is the `after` of the next page. A page of another order is of its moment: an account that changes between two pages may be in both, or in none.',
    request: {
      query: z.object({
        ...pageQuery,
        ...shapes.bookQuery,
        prefix: z.string().optional().meta({ description: 'Only owners that begin with this.' }),
        order: z
          .enum(['owner', 'highest_balance', 'last_changed'])
          .optional()
          .meta({ description: 'By owner, byte by byte, when left out.' }),
      }),
    },
    document: RestAccountsDocument,
    variables: ({ query: { book, prefix, order, ...page } }) => ({
      prefix,
      order: order?.toUpperCase(),
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

const totals = z
  .object({
    accounts: z.int().meta({ description: 'How many accounts there are.' }),
    balance: z.int().meta({ description: 'The sum of their balances.' }),
    held: z.int().meta({ description: 'The credits that live holds set aside.' }),
    overdraft: z.int().meta({ description: 'The sum of how far below 0 they may go.' }),
    frozen: z.int().meta({ description: 'How many are frozen, for all postings or for spending.' }),
    closed: z.int().meta({ description: 'How many are closed.' }),
  })
  .meta({ id: 'LedgerTotals' })

const outstandingLine = z
  .object({
    start: shapes.createdOn.meta({ description: 'When the window began: UTC.' }),
    balance: z
      .int()
      .meta({ description: 'The sum of all balances at its end. Of the last one, at `to` or now.' }),
  })
  .meta({ id: 'OutstandingLine' })

/** Tells what all accounts of a book have together, now and over time. */
export function totalsRoutes(contract: Contract): readonly Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/operations/totals',
      operationId: 'getTotals',
      tag: 'balances',
      summary: 'What all accounts have together now',
      description: 'Accounts that other apps share count as a whole.',
      request: { query: z.object(shapes.bookQuery) },
      document: RestTotalsDocument,
      variables: ({ query: { book } }) => bookArgument(contract, book),
      success: { status: 200, body: z.object({ totals }) },
      answer: ({ accounts, amount, held, overdraft, frozen, closed }) => ({
        totals: { accounts, balance: amount, held, overdraft, frozen, closed },
      }),
    }),
    defineRoute({
      method: 'get',
      path: '/operations/outstanding',
      operationId: 'getOutstanding',
      tag: 'balances',
      summary: 'What all accounts had at the end of each hour, day or month',
      description: `Windows are in UTC, oldest first, at most ${limits.summaryWindows.toLocaleString('en')}. Those that have not begun are left out.`,
      request: { query: windowsQuery },
      document: RestOutstandingDocument,
      variables: ({ query }) => windowsArguments(contract, query),
      success: { status: 200, body: z.object({ lines: z.array(outstandingLine) }) },
      answer: (lines) => ({ lines: lines.map(({ start, amount: balance }) => ({ start, balance })) }),
    }),
  ]
}
