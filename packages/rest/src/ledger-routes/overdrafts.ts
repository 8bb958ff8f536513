import { z } from 'zod'
import { accountBalanceData, restBalance } from '../graph.ts'
import { defineRoute, type Route } from '../route.ts'
import * as shapes from '../shapes.ts'

const setRoute = defineRoute({
  method: 'put',
  path: '/ledger/{owner_id}/overdraft',
  summary: 'Set how far below 0 an owner’s balance may go',
  request: {
    params: z.object({ owner_id: shapes.ownerId }),
    body: z.object({ limit: z.int().meta({ description: 'Credits, >= 0.', examples: [100] }) }),
  },
  document: `mutation RestSetOverdraft($input: SetOverdraftInput!) {
    setOverdraft(input: $input) {
      ... on SetOverdraftSuccess { balance { ...RestBalance } }
      ...RestRefusal
    }
  }`,
  variables: ({ params, body }) => ({ input: { ownerId: params.owner_id, limit: body.limit } }),
  data: z.object({ setOverdraft: z.object({ balance: accountBalanceData }) }),
  success: { status: 200, description: 'Set.', body: shapes.accountBalance },
  answer: ({ setOverdraft: { balance } }) => restBalance(balance),
  codes: ['OVERDRAFT_IN_USE', 'BALANCE_OUT_OF_RANGE', 'TRANSACTION_CONFLICT', 'ACCOUNT_BUSY'],
})

/** Overdrafts: set. */
export const overdraftRoutes: readonly Route[] = [setRoute]
