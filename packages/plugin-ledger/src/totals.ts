import { type LedgerTotals, limits, type OutstandingLine, summarySize } from '@shared-ledger/ledger'
import { bookArg, bookField } from './books.ts'
import { summaryWeight } from './field-cost.ts'
import type { Graph } from './graph.ts'
import { type WindowRef, windowArgs } from './lot-summary.ts'

/** Adds `ledgerTotals` and `ledgerOutstanding`. */
export function addTotals(graph: Graph, LedgerSummaryWindow: WindowRef): void {
  const { builder, ledger, types, LedgerLotKind } = graph
  const LedgerTotals = builder.objectRef<LedgerTotals>('LedgerTotals').implement({
    description: 'What all accounts of a book have together now.',
    fields: (t) => ({
      ...bookField(t, types.LedgerBook),
      accounts: t.expose('accounts', {
        type: 'SafeInt',
        nullable: false,
        description: 'How many accounts there are.',
      }),
      amount: t.expose('amount', {
        type: 'SafeInt',
        nullable: false,
        description: 'The sum of their balances.',
      }),
      held: t.expose('held', {
        type: 'SafeInt',
        nullable: false,
        description: 'The credits that live holds set aside.',
      }),
      overdraft: t.expose('overdraft', {
        type: 'SafeInt',
        nullable: false,
        description: 'The sum of how far below 0 they may go.',
      }),
      frozen: t.expose('frozen', {
        type: 'SafeInt',
        nullable: false,
        description: 'How many of them are frozen, for all postings or for spending.',
      }),
      closed: t.expose('closed', {
        type: 'SafeInt',
        nullable: false,
        description: 'How many of them are closed.',
      }),
      ...(LedgerLotKind && {
        expiring: t.field({
          type: 'SafeInt',
          nullable: false,
          description: 'The credits that expire within a number of days, if nobody uses them.',
          args: {
            within: t.arg.int({ required: true, description: 'The number of days of 24 hours, 1 to 366.' }),
          },
          cost: { weight: summaryWeight },
          resolve: ({ book }, { within }) => ledger.expiringWithin(within, { book }),
        }),
      }),
    }),
  })
  const LedgerOutstandingLine = builder.objectRef<OutstandingLine>('LedgerOutstandingLine').implement({
    description: 'What all accounts of a book had at the end of a window.',
    fields: (t) => ({
      start: t.expose('start', { type: 'DateTime', nullable: false, description: 'When the window began.' }),
      amount: t.expose('amount', {
        type: 'SafeInt',
        nullable: false,
        description: 'The sum of the balances at its end. Of the last window, at `to` or now.',
      }),
    }),
  })

  builder.queryFields((t) => ({
    ledgerTotals: t.field({
      type: LedgerTotals,
      nullable: false,
      description: 'What all accounts of a book have together now, those that other apps use too.',
      args: bookArg(t.arg, types.LedgerBook),
      access: { action: 'read', owner: 'any' },
      cost: { weight: summaryWeight },
      resolve: (_root, args) => ledger.totals(args),
    }),
    ledgerOutstanding: t.field({
      type: [LedgerOutstandingLine],
      nullable: false,
      description: `What all accounts of a book had at the end of each window, oldest first: at most ${limits.summaryWindows.toLocaleString('en')} windows. Windows that have not begun are left out.`,
      args: windowArgs(t.arg, graph, LedgerSummaryWindow),
      access: { action: 'read', owner: 'any' },
      cost: { weight: summaryWeight, size: (args) => summarySize(args, 1) },
      resolve: async (_root, args) => [...(await ledger.outstanding(args))],
    }),
  }))
}
