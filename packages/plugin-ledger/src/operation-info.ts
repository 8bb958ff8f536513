import { limitWindows, type OperationInfo, type OperationLimit } from '@shared-ledger/ledger'
import type { Graph } from './graph.ts'

/** Adds what a form needs to know of an operation. */
export function addOperationInfo({ builder, types: { LedgerOperation } }: Graph) {
  const LedgerDirection = builder.enumType('LedgerDirection', {
    description: 'Where an operation moves credits: to the owner, from the owner, or neither.',
    values: ['IN', 'OUT', 'NONE'] as const,
  })
  const LedgerLimitWindow = builder.enumType('LedgerLimitWindow', {
    description: 'A calendar window: UTC, weeks from Monday.',
    values: Object.fromEntries(limitWindows.map((value) => [value.toUpperCase(), { value }])),
  })
  const LedgerLimit = builder.objectRef<OperationLimit>('LedgerLimit').implement({
    description: 'How often an owner may have an operation.',
    fields: (t) => ({
      times: t.exposeInt('times', { nullable: false }),
      per: t.expose('per', { type: LedgerLimitWindow, nullable: false }),
    }),
  })
  return builder.objectRef<OperationInfo>('LedgerOperationInfo').implement({
    description:
      'An operation with all that a form needs. Amounts are numbers of credits, >= 0, as inputs take them.',
    fields: (t) => ({
      name: t.expose('name', { type: LedgerOperation, nullable: false }),
      description: t.exposeString('description', { nullable: true }),
      shared: t.exposeBoolean('shared', { nullable: false, description: 'Whether every app has it.' }),
      direction: t.expose('direction', { type: LedgerDirection, nullable: false }),
      minAmount: t.expose('min', { type: 'SafeInt', nullable: false }),
      maxAmount: t.expose('max', {
        type: 'SafeInt',
        nullable: false,
        description: 'The same as minAmount where the amount is fixed.',
      }),
      defaultAmount: t.expose('default', {
        type: 'SafeInt',
        nullable: true,
        description: 'What is posted when the input leaves the amount out; null: it must be given.',
      }),
      limit: t.expose('limit', {
        type: LedgerLimit,
        nullable: true,
        description: 'How often an owner may have it; null: as often as one likes.',
      }),
      paired: t.exposeBoolean('paired', {
        nullable: false,
        description: 'Whether it is posted in balanced transactions alone, such as a transfer.',
      }),
    }),
  })
}
