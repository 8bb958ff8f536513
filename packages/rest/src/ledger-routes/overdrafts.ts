import { z } from 'zod'
import { RestSetOverdraftDocument } from '../generated/documents.ts'
import { restBalance } from '../graph.ts'
import { defineRoute } from '../route.ts'
import * as shapes from '../shapes.ts'

/** Sets an overdraft. */
export const overdraftRoute = defineRoute({
  method: 'put',
  path: '/ledger/{owner_id}/overdraft',
  operationId: 'setOverdraft',
  tag: 'balances',
  summary: 'Set how far below 0 an owner’s balance may go',
  description: '0 removes it. It cannot be less than what the owner already uses.',
  request: {
    params: z.object({ owner_id: shapes.ownerId }),
    body: z.object({ limit: z.int().meta({ description: 'Credits, >= 0.', examples: [100] }) }),
  },
  document: RestSetOverdraftDocument,
  variables: ({ params, body }) => ({ input: { ownerId: params.owner_id, limit: body.limit } }),
  success: { status: 200, description: 'Set.', body: shapes.accountBalance },
  answer: ({ balance }) => restBalance(balance),
  codes: ['TRANSACTION_CONFLICT', 'ACCOUNT_BUSY'],
})
