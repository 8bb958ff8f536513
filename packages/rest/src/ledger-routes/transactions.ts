import { z } from 'zod'
import { parseDocument } from '../document.ts'
import type { RunDocument } from '../execute.ts'
import { balancesData, restBalances, restTransaction, transactionData } from '../graph.ts'
import { problem } from '../problem.ts'
import { defineRoute, type Replay, type Route } from '../route.ts'
import * as shapes from '../shapes.ts'
import { type EntryReader, entryFields, postingFields, postingInput } from './posting-fields.ts'

/** What a posting of a transaction is answered with. */
export const postedTransactionBody = z
  .object({ transaction: shapes.transaction, balances: shapes.balances })
  .meta({ id: 'PostedTransaction' })

/** What a route whose success has a transaction selects: of a refusal, the transaction of the original as well. */
export const postedTransactionSelection = (success: string) => `
  ... on ${success} { transaction { ...RestTransaction } balances { ownerId amount } }
  ... on DuplicateNonceError { original: entry { transaction { ...RestTransaction } } }
  ...RestRefusal
`

/** What that selects of success. */
export const postedTransactionData = z.object({ transaction: transactionData, balances: balancesData })

/** A posted transaction as REST answers it. */
export function postedTransaction({ transaction, balances }: z.output<typeof postedTransactionData>) {
  return { transaction: restTransaction(transaction), balances: restBalances(balances) }
}

const balanceDocument = parseDocument(
  'query RestReplayedBalance($ownerId: String!) { balance(ownerId: $ownerId) { ownerId amount } }',
)
const balanceOfOwner = z.object({ balance: balancesData.element })

/** A replay of a transaction: with the current balances of its owners. */
export async function replayedTransaction({ transaction }: Replay, run: RunDocument) {
  if (!transaction) return undefined
  const ownerIds = [...new Set(transaction.entries.map((entry) => entry.owner_id))]
  const read = await Promise.all(ownerIds.map((ownerId) => run(balanceDocument, { ownerId })))
  const balances = read.map((data) => balanceOfOwner.parse(data).balance)
  return { transaction, balances: restBalances(balances) }
}

const maxEntries = 100
const size = `must be a list of 1 to ${maxEntries} entries`

/** Posts a transaction. */
export function postTransactionRoute(readEntries: EntryReader): Route {
  return defineRoute({
    method: 'post',
    path: '/ledger/transactions',
    operationId: 'postTransaction',
    tag: 'transactions',
    summary: 'Post entries to any owners’ accounts: all of them or none',
    description: 'Each entry is posted in its place, and must itself leave enough available.',
    request: {
      body: z.object({
        nonce: postingFields.nonce,
        entries: z
          .array(z.strictObject(entryFields).meta({ id: 'LedgerEntryRequest' }))
          .min(1, size)
          .max(maxEntries, size)
          .meta({ description: 'Posted in this order: each must itself leave enough available.' }),
        metadata: postingFields.metadata,
        balanced: z
          .boolean()
          .nullish()
          .meta({ description: 'Demands that the amounts add up to zero: credits move, none are made.' }),
        dry_run: postingFields.dry_run,
      }),
    },
    document: `mutation RestPostLedgerTransaction($input: PostLedgerTransactionInput!) {
      postLedgerTransaction(input: $input) { ${postedTransactionSelection('PostLedgerTransactionSuccess')} }
    }`,
    async variables({ body }, run) {
      const entries = await readEntries(body.entries, run, (index) => `entries.${index}.`)
      return { input: { entries, balanced: body.balanced, ...postingInput(body) } }
    },
    data: z.object({ postLedgerTransaction: postedTransactionData }),
    success: { status: 200, description: 'Posted.', body: postedTransactionBody },
    answer: ({ postLedgerTransaction }) => postedTransaction(postLedgerTransaction),
    replay: replayedTransaction,
  })
}

/** One transaction. */
export const transactionRoute = defineRoute({
  method: 'get',
  path: '/ledger/transactions/{transaction_id}',
  operationId: 'getTransaction',
  tag: 'transactions',
  summary: 'A transaction, with its entries',
  description: 'By the id that all of its entries have.',
  request: { params: z.object({ transaction_id: shapes.transactionId }) },
  document: 'query RestLedgerTransaction($id: ID!) { ledgerTransaction(id: $id) { ...RestTransaction } }',
  variables: ({ params }) => ({ id: params.transaction_id }),
  data: z.object({ ledgerTransaction: transactionData.nullable() }),
  success: { status: 200, body: z.object({ transaction: shapes.transaction }) },
  answer({ ledgerTransaction }) {
    if (!ledgerTransaction) throw problem('TRANSACTION_NOT_FOUND')
    return { transaction: restTransaction(ledgerTransaction) }
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
      to: shapes.ownerId.meta({ description: 'The owner who gets; another one.', examples: ['other_user'] }),
      amount: z.int().meta({ description: 'Credits, from 1.', examples: [10] }),
      ...postingFields,
    }),
  },
  document: `mutation RestTransferCredits($input: TransferCreditsInput!) {
    transferCredits(input: $input) { ${postedTransactionSelection('TransferCreditsSuccess')} }
  }`,
  variables: ({ body }) => {
    const { from, to, amount } = body
    return { input: { from, to, amount, ...postingInput(body) } }
  },
  data: z.object({ transferCredits: postedTransactionData }),
  success: { status: 200, description: 'Posted.', body: postedTransactionBody },
  answer: ({ transferCredits }) => postedTransaction(transferCredits),
  replay: replayedTransaction,
})
