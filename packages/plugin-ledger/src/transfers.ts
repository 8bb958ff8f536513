import type { Graph } from './graph.ts'
import { inputArg, postingInputFields } from './inputs.ts'
import { scopesOf } from './operation-scopes.ts'
import { addResult } from './results.ts'

/** What a transfer posts. */
const transferEntries = [{ operation: 'TRANSFER_OUT' }, { operation: 'TRANSFER_IN' }] as const

/** Adds `transferCredits`. */
export function addTransfers(graph: Graph): void {
  const { builder, ledger } = graph
  const TransferCreditsInput = builder.inputType('TransferCreditsInput', {
    description: 'Credits to move from one owner to another.',
    fields: (t) => ({
      from: t.string({ required: true, description: 'The owner who sends.' }),
      to: t.string({ required: true, description: 'The owner who receives, who must be another one.' }),
      amount: t.field({ type: 'SafeInt', required: true, description: 'Credits, from 1.' }),
      ...postingInputFields(t),
    }),
  })
  const transfer = addResult(graph, 'TransferCredits', ledger.transfer, ['transaction', 'balances'])

  builder.mutationField('transferCredits', (t) =>
    t.field({
      type: transfer.type,
      nullable: false,
      description: 'Moves credits from one owner to another, by TRANSFER_OUT and TRANSFER_IN.',
      args: { input: inputArg(t.arg, TransferCreditsInput) },
      access: { action: 'post', owner: 'any', scopes: () => scopesOf(ledger, transferEntries) },
      resolve: (_root, { input }) => transfer.run(input),
    }),
  )
}
