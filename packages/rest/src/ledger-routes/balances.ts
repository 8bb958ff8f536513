import { z } from 'zod'
import { bookArgument, type Contract } from '../contract.ts'
import { RestBalanceDocument, RestExpiringBalanceDocument } from '../generated/documents.ts'
import { restBalance, restExpiringBalance } from '../graph.ts'
import { defineRoute, type Input, type Route } from '../route.ts'
import * as shapes from '../shapes.ts'

/** An owner's balance, under two paths. */
export function balanceRoutes(contract: Contract): readonly Route[] {
  return [
    balanceRoute(contract, { path: '/ledger/{owner_id}', operationId: 'getAccount' }),
    balanceRoute(contract, { path: '/balance/{owner_id}', operationId: 'getBalance' }),
  ]
}

const request = {
  params: z.object({ owner_id: shapes.ownerId }),
  query: z.object({
    ...shapes.bookQuery,
    as_of: shapes.moment
      .optional()
      .meta({ description: 'The balance after the last entry until this moment; left out: now.' }),
  }),
}

/** In an app with lots, it says what expires next. */
function balanceRoute(contract: Contract, place: Pick<Route, 'path' | 'operationId'>): Route {
  const route = {
    method: 'get',
    ...place,
    tag: 'balances',
    summary: 'An owner’s balance, and what can be spent of it',
    description: 'An unknown owner has 0.',
    request,
    variables: ({ params, query }: Input<typeof request>) => ({
      ownerId: params.owner_id,
      ...bookArgument(contract, query.book),
      asOf: query.as_of,
    }),
  } as const
  return contract.hasLots
    ? defineRoute({
        ...route,
        document: RestExpiringBalanceDocument,
        success: { status: 200, body: shapes.expiringBalance },
        answer: restExpiringBalance,
      })
    : defineRoute({
        ...route,
        document: RestBalanceDocument,
        success: { status: 200, body: shapes.accountBalance },
        answer: restBalance,
      })
}
