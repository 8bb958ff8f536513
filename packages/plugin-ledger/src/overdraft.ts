import { ledgerErrors, OverdraftInUseError } from '@shared-ledger/ledger'
import { reached } from './access.ts'
import { bookInputField } from './books.ts'
import type { Graph } from './graph.ts'
import { inputArg, ownerField } from './inputs.ts'
import { addResult } from './results.ts'

/** Adds `setOverdraft`. */
export function addOverdraft(graph: Graph): void {
  const { builder, ledger, types } = graph
  builder.objectType(OverdraftInUseError, {
    name: 'OverdraftInUseError',
    description: ledgerErrors.OVERDRAFT_IN_USE.meaning,
    interfaces: [types.Error],
    fields: (t) => ({
      balance: t.expose('balance', {
        type: types.LedgerBalance,
        access: reached,
        nullable: false,
        description: 'The current balance, with the unchanged overdraft.',
      }),
    }),
  })
  const SetOverdraftInput = builder.inputType('SetOverdraftInput', {
    description: 'The input of `setOverdraft`.',
    fields: (t) => ({
      ownerId: ownerField(t),
      ...bookInputField(t, types.LedgerBook),
      limit: t.field({
        type: 'SafeInt',
        required: true,
        description: 'How far below 0 the balance may go, in credits, >= 0.',
      }),
    }),
  })
  const setting = addResult(graph, 'SetOverdraft', ledger.setOverdraft, ['balance'])

  builder.mutationField('setOverdraft', (t) =>
    t.field({
      type: setting.type,
      nullable: false,
      description: "Sets how far below 0 an owner's balance may go.",
      args: { input: inputArg(t.arg, SetOverdraftInput) },
      access: { action: 'admin', owner: 'any' },
      resolve: (_root, { input }) => setting.run(input),
    }),
  )
}
