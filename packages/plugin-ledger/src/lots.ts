import type { ObjectRef } from '@pothos/core'
import { type LedgerLot, limits } from '@shared-ledger/ledger'
import { bookArg } from './books.ts'
import type { BuilderTypes } from './builder.ts'
import { addConnection, pageArgs } from './connection.ts'
import { pageWeight } from './field-cost.ts'
import type { Graph } from './graph.ts'
import { inputArg, ownerArg, postingInputFields } from './inputs.ts'
import { addResult } from './results.ts'

/** Adds `voidLot` and the queries of lots. */
export function addLots(graph: Graph, LedgerLot: ObjectRef<BuilderTypes, LedgerLot>): void {
  const { builder, ledger, types } = graph
  const LedgerLotConnection = addConnection(builder, LedgerLot, "A page of an account's lots.")
  const VoidLotInput = builder.inputType('VoidLotInput', {
    description: 'A lot to take back. The metadata has a `reason`.',
    fields: (t) => ({
      id: t.id({ required: true, description: 'The id of the lot.' }),
      ...postingInputFields(t),
    }),
  })
  const voiding = addResult(graph, 'VoidLot', ledger.voidLot, ['entry', 'balance'])

  builder.mutationField('voidLot', (t) =>
    t.field({
      type: voiding.type,
      nullable: false,
      description: 'Takes back what is left of a lot that this app made, once.',
      args: { input: inputArg(t.arg, VoidLotInput) },
      access: { action: 'correct', owner: 'any' },
      resolve: (_root, { input }) => voiding.run(input),
    }),
  )
  builder.queryFields((t) => ({
    ledgerLot: t.field({
      type: LedgerLot,
      nullable: true,
      description: 'The lot that this app made with this id, or null.',
      args: { id: t.arg.id({ required: true, description: 'The id of the lot.' }) },
      access: { action: 'read', owner: { found: ({ ownerId }) => ownerId } },
      resolve: (_root, { id }) => ledger.lot(id),
    }),
    ledgerLots: t.field({
      type: LedgerLotConnection,
      nullable: false,
      description: `An account's lots, newest first, those that other apps made too: ${limits.defaultPageSize}, or as many as \`first\` or \`last\` says, up to ${limits.pageSize}.`,
      args: {
        ownerId: ownerArg(t.arg),
        ...bookArg(t.arg, types.LedgerBook),
        live: t.arg.boolean({ description: 'Only lots with credits left.' }),
        ...pageArgs(t.arg),
      },
      access: { action: 'read', owner: ({ ownerId }) => ownerId },
      cost: { weight: pageWeight },
      resolve: (_root, args) => ledger.lots(args),
    }),
  }))
}
