import {
  AlreadyReversedError,
  ledgerErrors,
  NotFoundError,
  NotReversibleError,
  RefundExceededError,
} from '@shared-ledger/ledger'
import type { Graph } from './graph.ts'
import { inputArg, postingInputFields } from './inputs.ts'
import { addResult } from './results.ts'

/** Adds `reverseLedgerTransaction` and `refundLedgerEntry`. */
export function addCorrections(graph: Graph): void {
  const { builder, ledger } = graph
  addCorrectionErrors(graph)

  const ReverseLedgerTransactionInput = builder.inputType('ReverseLedgerTransactionInput', {
    description: 'A transaction to undo.',
    fields: (t) => ({
      id: t.id({ required: true, description: 'The id of the transaction.' }),
      ...postingInputFields(t),
    }),
  })
  const RefundLedgerEntryInput = builder.inputType('RefundLedgerEntryInput', {
    description: 'A part of an entry to give back.',
    fields: (t) => ({
      id: t.id({ required: true, description: 'The id of the entry.' }),
      amount: t.field({
        type: 'SafeInt',
        required: true,
        description:
          'The number of credits, from 1. They are given back, or taken back when the entry gave credits.',
      }),
      ...postingInputFields(t),
    }),
  })
  const reversal = addResult(graph, 'ReverseLedgerTransaction', ledger.reverseTransaction, [
    'transaction',
    'balances',
  ])
  const refund = addResult(graph, 'RefundLedgerEntry', ledger.refundEntry, ['entry', 'balance'])

  builder.mutationFields((t) => ({
    reverseLedgerTransaction: t.field({
      type: reversal.type,
      nullable: false,
      description:
        'Undoes a transaction, once. Posts one entry with the negated amount for each original entry, in reverse order.',
      args: { input: inputArg(t.arg, ReverseLedgerTransactionInput) },
      access: { action: 'correct', owner: 'any' },
      resolve: (_root, { input }) => reversal.run(input),
    }),
    refundLedgerEntry: t.field({
      type: refund.type,
      nullable: false,
      description:
        "Gives some or all of an entry's credits back. It can be repeated, up to the whole amount.",
      args: { input: inputArg(t.arg, RefundLedgerEntryInput) },
      access: { action: 'correct', owner: 'any' },
      resolve: (_root, { input }) => refund.run(input),
    }),
  }))
}

function addCorrectionErrors({ builder, types, LedgerLotKind }: Graph): void {
  const interfaces = [types.Error]
  builder.objectType(NotFoundError, {
    name: 'NotFoundError',
    description: `The app has no transaction, ${LedgerLotKind ? 'entry, hold or lot' : 'entry or hold'} with this id. Nothing was posted.`,
    interfaces,
  })
  builder.objectType(NotReversibleError, {
    name: 'NotReversibleError',
    description: ledgerErrors.NOT_REVERSIBLE.meaning,
    interfaces,
  })
  builder.objectType(AlreadyReversedError, {
    name: 'AlreadyReversedError',
    description: ledgerErrors.ALREADY_REVERSED.meaning,
    interfaces,
  })
  builder.objectType(RefundExceededError, {
    name: 'RefundExceededError',
    description: ledgerErrors.REFUND_EXCEEDED.meaning,
    interfaces,
    fields: (t) => ({
      refundable: t.expose('refundable', {
        type: 'SafeInt',
        nullable: false,
        description: 'The credits that refunds may still give back.',
      }),
    }),
  })
}
