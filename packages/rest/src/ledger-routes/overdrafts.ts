import { z } from 'zod'
import { bookArgument, type Contract } from '../contract.ts'
import { RestSetOverdraftDocument } from '../generated/documents.ts'
import { restBalance } from '../graph.ts'
import { defineRoute, type Route } from '../route.ts'
import * as shapes from '../shapes.ts'

/** Sets an overdraft. */
export function overdraftRoute(contract: Contract): Route {
  return defineRoute({
    method: 'put',
    path: '/ledger/{owner_id}/overdraft',
    operationId: 'setOverdraft',
    tag: 'balances',
    summary: 'Set how far below 0 an owner’s balance may go',
    description: '0 removes it. It cannot be less than what the owner already uses.',
    request: {
      params: z.object({ owner_id: shapes.ownerId }),
      body: z.object({
        limit: z.int().meta({ description: 'Credits, >= 0.', examples: [100] }),
        book: shapes.book,
      }),
    },
    document: RestSetOverdraftDocument,
    variables: ({ params, body: { limit, book } }) => ({
      input: { ownerId: params.owner_id, limit, ...bookArgument(contract, book) },
    }),
    success: { status: 200, description: 'Set.', body: shapes.accountBalance },
    answer: ({ balance }) => restBalance(balance),
    codes: ['TRANSACTION_CONFLICT', 'ACCOUNT_BUSY'],
  })
}
