import {
  AlreadyReversedError,
  correctionErrors,
  NotFoundError,
  NotReversibleError,
  postingErrors,
  RefundExceededError,
} from '@shared-ledger/ledger'
import type { Graph } from './graph.ts'
import { inputArg, postingInputFields } from './inputs.ts'
import { addResult, answerOf } from './results.ts'

const refusals = [...postingErrors, ...correctionErrors]

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
        description: 'Credits to give back, from 1 (of an entry that gave credits: to take back).',
      }),
      ...postingInputFields(t),
    }),
  })
  const Reversed = addResult(graph, 'ReverseLedgerTransaction', ['transaction', 'balances'], refusals)
  const Refunded = addResult(graph, 'RefundLedgerEntry', ['entry', 'balance'], refusals)

  builder.mutationFields((t) => ({
    reverseLedgerTransaction: t.field({
      type: Reversed,
      nullable: false,
      description:
        'Undoes a transaction, once: in reverse order, one entry of the negated amount per original entry.',
      args: { input: inputArg(t.arg, ReverseLedgerTransactionInput) },
      resolve: (_root, { input }) => answerOf(ledger.reverseTransaction(input)),
    }),
    refundLedgerEntry: t.field({
      type: Refunded,
      nullable: false,
      description: 'Gives a part of an entry back; several times, up to the whole.',
      args: { input: inputArg(t.arg, RefundLedgerEntryInput) },
      resolve: (_root, { input }) => answerOf(ledger.refundEntry(input)),
    }),
  }))
}

function addCorrectionErrors({ builder, ErrorInterface }: Graph): void {
  const interfaces = [ErrorInterface]
  builder.objectType(NotFoundError, {
    name: 'NotFoundError',
    description: 'The app has no transaction, entry or hold with this id. Nothing was posted.',
    interfaces,
  })
  builder.objectType(NotReversibleError, {
    name: 'NotReversibleError',
    description: 'A reversal or a refund is neither reversed nor refunded. Nothing was posted.',
    interfaces,
  })
  builder.objectType(AlreadyReversedError, {
    name: 'AlreadyReversedError',
    description: 'The entry was reversed before. Nothing was posted.',
    interfaces,
  })
  builder.objectType(RefundExceededError, {
    name: 'RefundExceededError',
    description: 'Refunds would give back more than the entry moved. Nothing was posted.',
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
