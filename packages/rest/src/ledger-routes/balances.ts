import { z } from 'zod'
import { RestBalanceDocument } from '../generated/documents.ts'
import { restBalance } from '../graph.ts'
import { defineRoute, type Route } from '../route.ts'
import * as shapes from '../shapes.ts'

/** An owner's balance, under two paths. */
export const balanceRoutes: readonly Route[] = [
  balanceRoute({ path: '/ledger/{owner_id}', operationId: 'getAccount' }),
  balanceRoute({ path: '/balance/{owner_id}', operationId: 'getBalance' }),
]

function balanceRoute(place: Pick<Route, 'path' | 'operationId'>): Route {
  return defineRoute({
    method: 'get',
    ...place,
    tag: 'balances',
    summary: 'An owner’s balance, and what can be spent of it',
    description: 'An unknown owner has 0.',
    request: {
      params: z.object({ owner_id: shapes.ownerId }),
      query: z.object({
        as_of: shapes.moment
          .optional()
          .meta({ description: 'The balance after the last entry until this moment; left out: now.' }),
      }),
    },
    document: RestBalanceDocument,
    variables: ({ params, query: { as_of: asOf } }) => ({ ownerId: params.owner_id, asOf }),
    success: { status: 200, body: shapes.accountBalance },
    answer: restBalance,
  })
}
