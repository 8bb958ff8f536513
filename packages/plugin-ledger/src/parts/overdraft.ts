import { BalanceOutOfRangeError, OverdraftInUseError, ValidationError } from '@shared-ledger/ledger'
import type { Graph } from '../graph.ts'
import { addResult, answerOf } from '../results.ts'

/** Adds `setOverdraft`. */
export function addOverdraft(graph: Graph): void {
  const { builder, ledger, types, ErrorInterface } = graph
  builder.objectType(OverdraftInUseError, {
    name: 'OverdraftInUseError',
    description: 'The balance and the holds need more than this overdraft. Nothing was changed.',
    interfaces: [ErrorInterface],
    fields: (t) => ({ balance: t.expose('balance', { type: types.LedgerBalance, nullable: false }) }),
  })
  const SetOverdraftInput = builder.inputType('SetOverdraftInput', {
    fields: (t) => ({
      ownerId: t.string({ required: true, description: 'Whose account: 1 to 255 characters.' }),
      limit: t.field({
        type: 'SafeInt',
        required: true,
        description: 'How far below 0 the balance may go, in credits, >= 0.',
      }),
    }),
  })
  const SetOverdraftResult = addResult(
    graph,
    'SetOverdraft',
    ['balance'],
    [ValidationError, OverdraftInUseError, BalanceOutOfRangeError],
  )

  builder.mutationField('setOverdraft', (t) =>
    t.field({
      type: SetOverdraftResult,
      nullable: false,
      description: "Sets how far below 0 an owner's balance may go.",
      args: { input: t.arg({ type: SetOverdraftInput, required: true }) },
      resolve: (_root, { input }) => answerOf(ledger.setOverdraft(input)),
    }),
  )
}
