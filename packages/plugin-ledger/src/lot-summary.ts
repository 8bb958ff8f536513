import type { ArgBuilder, EnumRef } from '@pothos/core'
import { type LotSummaryLine, limits, lotKinds, type SummaryWindow, summarySize } from '@shared-ledger/ledger'
import { bookArg } from './books.ts'
import type { BuilderTypes } from './builder.ts'
import { summaryWeight } from './field-cost.ts'
import type { Graph } from './graph.ts'
import type { LotKindRef } from './lot-terms.ts'

export type WindowRef = EnumRef<BuilderTypes, SummaryWindow>

/** The arguments that select the windows of a summary in a book. */
export const windowArgs = (
  arg: ArgBuilder<BuilderTypes>,
  { types }: Graph,
  LedgerSummaryWindow: WindowRef,
) => ({
  ...bookArg(arg, types.LedgerBook),
  from: arg({ type: 'DateTime', required: true, description: 'From this moment on.' }),
  to: arg({ type: 'DateTime', required: true, description: 'Before this moment.' }),
  per: arg({ type: LedgerSummaryWindow, required: true, description: 'How long a window is.' }),
})

/** Adds `ledgerLotSummary`. */
export function addLotSummary(
  graph: Graph,
  {
    LedgerLotKind,
    LedgerSummaryWindow,
  }: { LedgerLotKind: NonNullable<LotKindRef>; LedgerSummaryWindow: WindowRef },
): void {
  const { builder, ledger } = graph
  const LedgerLotSummaryLine = builder.objectRef<LotSummaryLine>('LedgerLotSummaryLine').implement({
    description: 'What became of lots of one kind in one window, in credits.',
    fields: (t) => ({
      kind: t.expose('kind', {
        type: LedgerLotKind,
        nullable: false,
        description: 'Where the credits come from.',
      }),
      start: t.expose('start', { type: 'DateTime', nullable: false, description: 'When the window began.' }),
      granted: t.expose('granted', {
        type: 'SafeInt',
        nullable: false,
        description: 'The credits of new lots.',
      }),
      used: t.expose('used', {
        type: 'SafeInt',
        nullable: false,
        description: 'What entries took, without what corrections gave back.',
      }),
      expired: t.expose('expired', {
        type: 'SafeInt',
        nullable: false,
        description: 'What has expired, whether or not an entry says so yet.',
      }),
      voided: t.expose('voided', { type: 'SafeInt', nullable: false, description: 'What voids took back.' }),
      outstanding: t.expose('outstanding', {
        type: 'SafeInt',
        nullable: false,
        description: 'What was left at the end of the window.',
      }),
    }),
  })

  builder.queryField('ledgerLotSummary', (t) =>
    t.field({
      type: [LedgerLotSummaryLine],
      nullable: false,
      description: `What became of the lots that this app made, per kind and window, oldest first: at most ${limits.summaryWindows.toLocaleString('en')} windows.`,
      args: {
        ownerId: t.arg.string({ description: 'The owner of the lots. The whole app when left out.' }),
        ...windowArgs(t.arg, graph, LedgerSummaryWindow),
      },
      access: { action: 'read', owner: ({ ownerId }) => ownerId },
      cost: { weight: summaryWeight, size: (args) => summarySize(args, lotKinds.length) },
      resolve: async (_root, args) => [...(await ledger.lotSummary(args))],
    }),
  )
}
