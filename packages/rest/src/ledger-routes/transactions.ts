import { limits, messages } from '@shared-ledger/ledger/facts'
import { z } from 'zod'
import { type Contract, checkExchange } from '../contract.ts'
import type { RunDocument } from '../execute.ts'
import {
  RestExchangeCreditsDocument,
  RestLedgerTransactionDocument,
  RestPostLedgerTransactionDocument,
  RestReplayedBalanceDocument,
  RestTransferCreditsDocument,
} from '../generated/documents.ts'
import { restBalances, restPostedTransaction, restTransaction } from '../graph.ts'
import { problem } from '../problem.ts'
import { defineRoute, type Replay, type Route } from '../route.ts'
import * as shapes from '../shapes.ts'
import { type EntryReader, entryFields, postingFields, postingInput } from './posting-fields.ts'

/** The answer to a posting of a transaction. */
export const postedTransactionBody = z.object(shapes.postedTransaction).meta({ id: 'PostedTransaction' })

/** Converts a replay of a transaction to REST, with the current balances of its accounts. */
export async function replayedTransaction({ transaction }: Replay, run: RunDocument) {
  if (!transaction) return undefined
  const accounts = new Map(
    transaction.entries.map(({ owner_id: ownerId, book }) => [
      JSON.stringify([ownerId, book]),
      { ownerId, book: book?.toUpperCase() },
    ]),
  )
  const read = await Promise.all(
    [...accounts.values()].map((account) => run(RestReplayedBalanceDocument, account)),
  )
  return { transaction, balances: restBalances(read.map(({ result }) => result)) }
}

const size = messages.listOf(limits.transactionEntries)

/** Posts a transaction. */
export function postTransactionRoute(readEntries: EntryReader): Route {
  return defineRoute({
    method: 'post',
    path: '/ledger/transactions',
    operationId: 'postTransaction',
    tag: 'transactions',
    summary: 'Post entries to any owners’ accounts: all of them or none',
    description: 'Entries are posted in order. Each needs enough available credits when its turn comes.',
    request: {
      body: z.object({
        nonce: postingFields.nonce,
        entries: z
          .array(z.strictObject(entryFields).meta({ id: 'LedgerEntryRequest' }))
          .min(1, size)
          .max(limits.transactionEntries, size)
          .meta({
            description: 'Posted in this order. Each needs enough available credits when its turn comes.',
          }),
        metadata: postingFields.metadata,
        balanced: z
          .boolean()
          .nullish()
          .meta({ description: 'Requires the amounts to add up to zero, so that credits only move.' }),
        dry_run: postingFields.dry_run,
      }),
    },
    document: RestPostLedgerTransactionDocument,
    async variables({ body }, run) {
      const entries = await readEntries(body.entries, run, (index) => `entries.${index}.`)
      return { input: { entries, balanced: body.balanced, ...postingInput(body) } }
    },
    success: { status: 200, description: 'Posted.', body: postedTransactionBody },
    answer: restPostedTransaction,
    replay: replayedTransaction,
    codes: ['ACCOUNT_NOT_EMPTY'],
  })
}

/** Reads one transaction. */
export const transactionRoute = defineRoute({
  method: 'get',
  path: '/ledger/transactions/{transaction_id}',
  operationId: 'getTransaction',
  tag: 'transactions',
  summary: 'A transaction, with its entries',
  description: 'By its id.',
  request: { params: z.object({ transaction_id: shapes.transactionId }) },
  document: RestLedgerTransactionDocument,
  variables: ({ params }) => ({ id: params.transaction_id }),
  success: { status: 200, body: z.object({ transaction: shapes.transaction }) },
  answer(transaction) {
    if (!transaction) throw problem('TRANSACTION_NOT_FOUND')
    return { transaction: restTransaction(transaction) }
  },
  codes: ['TRANSACTION_NOT_FOUND'],
})

/** Moves credits between owners. */
export const transferRoute = defineRoute({
  method: 'post',
  path: '/ledger/transfers',
  operationId: 'transfer',
  tag: 'transactions',
  summary: 'Move credits from one owner to another',
  description: 'One transaction of two entries, TRANSFER_OUT and TRANSFER_IN.',
  request: {
    body: z.object({
      from: shapes.ownerId.meta({ description: 'The owner who sends.', examples: ['test_user'] }),
      to: shapes.ownerId.meta({
        description: 'The owner who receives, who must be another one.',
        examples: ['other_user'],
      }),
      amount: z.int().meta({ description: 'Credits, from 1.', examples: [10] }),
      ...postingFields,
    }),
  },
  document: RestTransferCreditsDocument,
  variables: ({ body }) => {
    const { from, to, amount } = body
    return { input: { from, to, amount, ...postingInput(body) } }
  },
  success: { status: 200, description: 'Posted.', body: postedTransactionBody },
  answer: restPostedTransaction,
  replay: replayedTransaction,
})

/** Gives credits of one book for those of another. */
export function exchangeRoute(contract: Contract): Route {
  return defineRoute({
    method: 'post',
    path: '/ledger/exchanges',
    operationId: 'exchange',
    tag: 'transactions',
    summary: 'Exchange an owner’s credits of one book for those of another',
    description: 'One transaction of two entries. The operation says what the owner gets, and in which book.',
    request: {
      body: z.object({
        owner_id: shapes.ownerId,
        operation: shapes.exchangeOperation,
        amount: z.int().meta({
          description: 'The credits that it takes, from 1: a multiple of its rate.',
          examples: [10],
        }),
        ...postingFields,
      }),
    },
    document: RestExchangeCreditsDocument,
    variables: ({ body }) => {
      const { owner_id: ownerId, operation, amount } = body
      checkExchange(contract, operation)
      return { input: { ownerId, operation, amount, ...postingInput(body) } }
    },
    success: { status: 200, description: 'Posted.', body: postedTransactionBody },
    answer: restPostedTransaction,
    replay: replayedTransaction,
  })
}
