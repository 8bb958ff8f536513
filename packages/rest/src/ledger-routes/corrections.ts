import { z } from 'zod'
import {
  RestRefundLedgerEntryDocument,
  RestReverseLedgerTransactionDocument,
} from '../generated/documents.ts'
import { restPostedEntry, restPostedTransaction } from '../graph.ts'
import { defineRoute, type Route } from '../route.ts'
import * as shapes from '../shapes.ts'
import { postingFields, postingInput } from './posting-fields.ts'
import { postedEntryBody, replayedEntry } from './postings.ts'
import { postedTransactionBody, replayedTransaction } from './transactions.ts'

const reverseRoute = defineRoute({
  method: 'post',
  path: '/ledger/transactions/{transaction_id}/reverse',
  operationId: 'reverseTransaction',
  tag: 'transactions',
  summary: 'Undo a transaction, once',
  description:
    'Posts one entry with the negated amount for each original entry, in reverse order: all of them or none.',
  request: {
    params: z.object({ transaction_id: shapes.transactionId }),
    body: z.object(postingFields),
  },
  document: RestReverseLedgerTransactionDocument,
  variables: ({ params, body }) => ({ input: { id: params.transaction_id, ...postingInput(body) } }),
  success: { status: 200, description: 'Undone.', body: postedTransactionBody },
  answer: restPostedTransaction,
  replay: replayedTransaction,
  codes: ['TRANSACTION_NOT_FOUND'],
  fieldNames: { id: 'transaction_id' },
})

const refundRoute = defineRoute({
  method: 'post',
  path: '/ledger/entries/{entry_id}/refund',
  operationId: 'refundEntry',
  tag: 'entries',
  summary: 'Give a part of an entry back',
  description:
    'It can be repeated, up to the whole amount. When the entry gave credits, the refund takes them back.',
  request: {
    params: z.object({ entry_id: shapes.idInPath }),
    body: z.object({
      amount: z.int().meta({ description: 'Credits to give back, from 1.', examples: [1] }),
      ...postingFields,
    }),
  },
  document: RestRefundLedgerEntryDocument,
  variables: ({ params, body }) => ({
    input: { id: params.entry_id, amount: body.amount, ...postingInput(body) },
  }),
  success: { status: 200, description: 'Given back.', body: postedEntryBody },
  answer: restPostedEntry,
  replay: replayedEntry,
  codes: ['ENTRY_NOT_FOUND'],
  fieldNames: { id: 'entry_id' },
})

/** The routes that undo postings: reversals and refunds. */
export const correctionRoutes: readonly Route[] = [reverseRoute, refundRoute]
