import type { Graph } from '../graph.ts'

/** Adds to balances what can be spent, and how far below 0 they may go. */
export function addAvailable({ builder, types: { LedgerBalance } }: Graph): void {
  builder.objectFields(LedgerBalance, (t) => ({
    overdraft: t.field({
      type: 'SafeInt',
      nullable: true,
      description: 'How far below 0 the amount may go, in credits; null of a past moment.',
      resolve: (balance) => ('overdraft' in balance ? balance.overdraft : null),
    }),
    available: t.field({
      type: 'SafeInt',
      nullable: true,
      description: 'What can be spent: amount - held + overdraft; null of a past moment.',
      resolve: (balance) => ('available' in balance ? balance.available : null),
    }),
  }))
}
