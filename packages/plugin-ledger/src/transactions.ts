import { limits } from '@shared-ledger/ledger'
import type { Graph } from './graph.ts'
import { inputArg, postedEntryInputFields, postingInputFields } from './inputs.ts'
import { scopesOf } from './operation-scopes.ts'
import { addResult } from './results.ts'

/** Adds `postLedgerTransaction` and `ledgerTransaction`. */
export function addTransactions(graph: Graph): void {
  const { builder, ledger, types } = graph
  const LedgerEntryInput = builder.inputType('LedgerEntryInput', {
    description: 'One entry of a transaction to post.',
    fields: (t) => postedEntryInputFields(t, graph),
  })
  const PostLedgerTransactionInput = builder.inputType('PostLedgerTransactionInput', {
    description: 'Entries to post together.',
    fields: (t) => ({
      entries: t.field({
        type: [LedgerEntryInput],
        required: true,
        description: `1 to ${limits.transactionEntries} entries, posted in this order. Each needs enough available credits when its turn comes.`,
      }),
      balanced: t.boolean({
        description: 'Requires the amounts to add up to zero, so that credits only move.',
      }),
      ...postingInputFields(t),
    }),
  })
  const posting = addResult(graph, 'PostLedgerTransaction', ledger.postTransaction, [
    'transaction',
    'balances',
  ])

  builder.mutationField('postLedgerTransaction', (t) =>
    t.field({
      type: posting.type,
      nullable: false,
      description: "Posts entries to any owners' accounts: all of them or none.",
      args: { input: inputArg(t.arg, PostLedgerTransactionInput) },
      access: { action: 'post', owner: 'any', scopes: ({ input }) => scopesOf(ledger, input.entries) },
      resolve: (_root, { input }) => posting.run(input),
    }),
  )
  builder.queryField('ledgerTransaction', (t) =>
    t.field({
      type: types.LedgerTransaction,
      nullable: true,
      description: 'The transaction with this id, or null.',
      args: { id: t.arg.id({ required: true, description: 'The id of the transaction.' }) },
      access: {
        action: 'read',
        owner: { found: ({ entries }) => entries.map(({ ownerId }) => ownerId) },
      },
      resolve: (_root, { id }) => ledger.transaction(id),
    }),
  )
}
