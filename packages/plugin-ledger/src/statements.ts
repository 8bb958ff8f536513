import {
  type AccountOrder,
  type LedgerAccount,
  limits,
  type SummaryLine,
  type SummaryWindow,
  summarySize,
} from '@shared-ledger/ledger'
import { reached } from './access.ts'
import { bookArg, bookField } from './books.ts'
import { addConnection, pageArgs } from './connection.ts'
import { pageWeight, summaryWeight } from './field-cost.ts'
import type { Graph } from './graph.ts'
import { accountId } from './identity.ts'
import { addLotSummary, windowArgs } from './lot-summary.ts'
import { operationFields } from './object-types.ts'
import { addTotals } from './totals.ts'

/** Adds the summaries, the list of accounts, and what all accounts have together. */
export function addStatements(graph: Graph): void {
  const { builder, ledger, types, LedgerLotKind } = graph
  const { LedgerBalance, LedgerBook, LedgerOperation } = types
  const LedgerSummaryWindow = builder.enumType('LedgerSummaryWindow', {
    description: 'A calendar window: UTC.',
    values: {
      HOUR: { description: 'An hour of the clock.' },
      DAY: { description: 'A day, from midnight.' },
      MONTH: { description: 'A month of the calendar.' },
    } satisfies Record<SummaryWindow, object>,
  })
  const LedgerSummaryLine = builder.objectRef<SummaryLine>('LedgerSummaryLine').implement({
    description: 'The entries of one operation in one window.',
    fields: (t) => ({
      ...operationFields(t, LedgerOperation),
      start: t.expose('start', { type: 'DateTime', nullable: false, description: 'When the window began.' }),
      count: t.expose('count', {
        type: 'SafeInt',
        nullable: false,
        description: 'The number of entries, without reversals and refunds.',
      }),
      gross: t.expose('gross', {
        type: 'SafeInt',
        nullable: false,
        description: 'Their sum, in signed credits.',
      }),
      reversed: t.expose('reversed', {
        type: 'SafeInt',
        nullable: false,
        description:
          'The sum of the reversals and refunds in this window, in signed credits. gross + reversed is the net amount.',
      }),
    }),
  })
  const LedgerAccount = builder.objectRef<LedgerAccount>('LedgerAccount').implement({
    description: "An owner's account.",
    fields: (t) => ({
      id: t.id({
        nullable: false,
        description: 'Opaque. It never changes.',
        resolve: accountId,
      }),
      ownerId: t.exposeString('ownerId', { nullable: false, description: 'Whose account.' }),
      ...bookField(t, LedgerBook),
      balance: t.expose('balance', {
        type: LedgerBalance,
        access: reached,
        nullable: false,
        description: 'The current balance.',
      }),
      entryCount: t.expose('entryCount', {
        type: 'SafeInt',
        nullable: false,
        description: 'How many entries it has.',
      }),
      createdOn: t.expose('createdOn', {
        type: 'DateTime',
        nullable: false,
        description: 'When its first entry, hold or overdraft was made.',
      }),
      updatedOn: t.expose('updatedOn', {
        type: 'DateTime',
        nullable: false,
        description: 'When it last changed.',
      }),
    }),
  })
  const operationCount = ledger.describeOperations().length
  const LedgerAccountConnection = addConnection(builder, LedgerAccount, 'A page of accounts.')
  const LedgerAccountOrder = builder.enumType('LedgerAccountOrder', {
    description: 'The order of a list of accounts.',
    values: {
      OWNER: { description: 'By owner, byte by byte.' },
      HIGHEST_BALANCE: { description: 'From the highest balance to the lowest. Equal ones are by owner.' },
      LAST_CHANGED: { description: 'From the one that changed last. Equal ones are by owner.' },
    } satisfies Record<AccountOrder, object>,
  })
  if (LedgerLotKind) addLotSummary(graph, { LedgerLotKind, LedgerSummaryWindow })
  addTotals(graph, LedgerSummaryWindow)

  builder.queryFields((t) => ({
    ledgerSummary: t.field({
      type: [LedgerSummaryLine],
      nullable: false,
      description: `Counts and sums per operation and window, oldest first: at most ${limits.summaryWindows.toLocaleString('en')} windows.`,
      args: {
        ownerId: t.arg.string({ description: 'The owner of the entries. The whole app when left out.' }),
        ...windowArgs(t.arg, graph, LedgerSummaryWindow),
        operations: t.arg({ type: [LedgerOperation], description: 'Only entries of these operations.' }),
      },
      access: { action: 'read', owner: ({ ownerId }) => ownerId },
      cost: { weight: summaryWeight, size: (args) => summarySize(args, operationCount) },
      resolve: async (_root, args) => [...(await ledger.summary(args))],
    }),
    ledgerAccounts: t.field({
      type: LedgerAccountConnection,
      nullable: false,
      description: `Accounts, by owner when \`order\` is left out: ${limits.defaultPageSize}, or as many as \`first\` or \`last\` says, up to ${limits.pageSize}.`,
      args: {
        prefix: t.arg.string({ description: 'Only owners that begin with this.' }),
        order: t.arg({
          type: LedgerAccountOrder,
          description:
            'By owner when left out. Each page of another order is of its moment: an account that changes between two pages may be in both, or in none.',
        }),
        ...bookArg(t.arg, LedgerBook),
        ...pageArgs(t.arg),
      },
      access: { action: 'read', owner: 'any' },
      cost: { weight: ({ order }) => (order == null || order === 'OWNER' ? pageWeight : summaryWeight) },
      resolve: (_root, args) => ledger.accounts(args),
    }),
  }))
}
