import {
  type Expiring,
  type LedgerBalance,
  type LedgerEntry,
  type LedgerLot,
  LotEndedError,
  type LotUse,
  limits,
} from '@shared-ledger/ledger'
import { bookField } from './books.ts'
import { addConnection, pageArgs } from './connection.ts'
import { lookupWeight, pageWeight } from './field-cost.ts'
import type { Graph } from './graph.ts'
import { isImagined } from './identity.ts'
import type { LotKindRef } from './lot-terms.ts'
import type { BalanceShape } from './types.ts'

/** A use of a lot, with the lot or the entry through which it was reached. */
interface ReachedUse extends LotUse {
  readonly lot?: LedgerLot
  readonly entry?: LedgerEntry
}

/**
 * Adds the type of lots and their uses, the fields of balances and entries that lead to them, and the error for a lot that
 * has ended. A lot is reached only by callers with the scope `read`, because its uses tell about other entries.
 */
export function addLotType({ builder, ledger, types }: Graph, LedgerLotKind: NonNullable<LotKindRef>) {
  const { LedgerBalance, LedgerBook, LedgerEntry } = types
  const LedgerLot = builder.objectRef<LedgerLot>('LedgerLot')
  const LedgerLotUse = builder.objectRef<ReachedUse>('LedgerLotUse').implement({
    description: 'What one entry took from a lot, or gave back to it.',
    fields: (t) => ({
      amount: t.expose('amount', {
        type: 'SafeInt',
        nullable: false,
        description: 'Signed credits of the lot: - taken, + given back.',
      }),
      lotId: t.exposeID('lotId', { nullable: false, description: 'The id of the lot.' }),
      lot: t.field({
        type: LedgerLot,
        nullable: true,
        description: 'The lot. Null for a lot that another app made, and that was reached through an entry.',
        cost: { weight: lookupWeight },
        resolve: ({ lot, lotId }) => lot ?? ledger.lot(lotId),
      }),
      entry: t.field({
        type: LedgerEntry,
        nullable: true,
        description: 'The entry. Null for an entry of another app that shares the book.',
        cost: { weight: lookupWeight },
        resolve: ({ entry, entryId }) => entry ?? ledger.entry(entryId),
      }),
    }),
  })
  const LedgerLotUseConnection = addConnection(builder, LedgerLotUse, 'A page of the uses of a lot.')

  LedgerLot.implement({
    description: "A part of an account's balance with a priority, a kind and perhaps an expiry.",
    fields: (t) => ({
      id: t.exposeID('id', { nullable: false, description: 'It never changes.' }),
      app: t.exposeString('app', {
        nullable: false,
        description: 'The app that made it. Only that app can void it.',
      }),
      ownerId: t.exposeString('ownerId', { nullable: false, description: 'Whose account.' }),
      ...bookField(t, LedgerBook),
      amount: t.expose('amount', {
        type: 'SafeInt',
        nullable: false,
        description: 'The credits that it had at first, from 1.',
      }),
      rest: t.expose('rest', {
        type: 'SafeInt',
        nullable: false,
        description: 'The credits that are left and have not expired.',
      }),
      held: t.expose('held', {
        type: 'SafeInt',
        nullable: false,
        description: 'The part of the rest that live holds keep.',
      }),
      priority: t.exposeInt('priority', {
        nullable: false,
        description: '0 to 100. The lowest is spent first.',
      }),
      kind: t.expose('kind', {
        type: LedgerLotKind,
        nullable: false,
        description: 'Where its credits come from.',
      }),
      createdOn: t.expose('createdOn', {
        type: 'DateTime',
        nullable: false,
        description: 'When it was made.',
      }),
      expiresOn: t.expose('expiresOn', {
        type: 'DateTime',
        nullable: true,
        description: 'When it expires. Null: never. What a hold keeps then stays until the hold ends.',
      }),
      entry: t.field({
        type: LedgerEntry,
        nullable: true,
        description:
          'The entry that made it. Null for the balance that the account had before its first lot, and for an entry of another app.',
        cost: { weight: lookupWeight },
        resolve: ({ entryId }) => (entryId === null ? null : ledger.entry(entryId)),
      }),
      uses: t.field({
        type: LedgerLotUseConnection,
        nullable: false,
        description: `What entries took from it and gave back to it, oldest first: ${limits.defaultPageSize}, or as many as \`first\` or \`last\` says, up to ${limits.pageSize}.`,
        args: pageArgs(t.arg),
        cost: { weight: pageWeight },
        async resolve(lot, page) {
          const { ownerId, book, id: lotId } = lot
          const { edges, pageInfo } = await ledger.lotUses({ ownerId, book, lotId, ...page })
          return {
            pageInfo,
            edges: edges.map(({ cursor, node }) => ({ cursor, node: { ...node, lot } })),
          }
        },
      }),
    }),
  })

  const LedgerExpiring = builder.objectRef<Expiring>('LedgerExpiring').implement({
    description: 'The credits of an account that expire next.',
    fields: (t) => ({
      amount: t.expose('amount', {
        type: 'SafeInt',
        nullable: false,
        description: 'How many: what is left of the lots that expire then.',
      }),
      on: t.expose('on', { type: 'DateTime', nullable: false, description: 'When they expire.' }),
    }),
  })
  builder.objectFields(LedgerBalance, (t) => ({
    expiring: t.field({
      type: LedgerExpiring,
      nullable: true,
      description:
        'The credits that expire next. Null when none do, for a past moment, and in the answer to a dry run.',
      cost: { weight: lookupWeight },
      resolve: (balance) => (isCurrent(balance) ? ledger.expiring(balance.ownerId, balance) : null),
    }),
    lots: t.field({
      type: [LedgerLot],
      nullable: true,
      description: `The lots that its credits are spent from, in this order, up to ${limits.liveLots}. Null for a past moment, and in the answer to a dry run.`,
      cost: { weight: lookupWeight, size: limits.liveLots },
      resolve: async (balance) =>
        isCurrent(balance) ? [...(await ledger.liveLots(balance.ownerId, balance))] : null,
    }),
  }))
  builder.objectField(LedgerEntry, 'lots', (t) =>
    t.field({
      type: [LedgerLotUse],
      nullable: true,
      description: `What it took from lots and gave back to them, up to ${limits.usesOfEntry}. Null in the answer to a dry run.`,
      cost: { weight: lookupWeight, size: limits.usesOfEntry },
      async resolve(entry) {
        if (isImagined(entry)) return null
        const uses = await ledger.usesOfEntry(entry.ownerId, entry.id, entry)
        return uses.map((use) => ({ ...use, entry }))
      },
    }),
  )

  builder.objectType(LotEndedError, {
    name: 'LotEndedError',
    description:
      'The lot has no credits left, or a hold keeps some of them: `code` says which. Nothing was posted.',
    interfaces: [types.Error],
  })
  return LedgerLot
}

/** Whether a balance is the one that the account has now, so that the lots of now belong to it. */
function isCurrent(balance: BalanceShape): balance is LedgerBalance {
  return !('asOf' in balance) && balance.seenIn === undefined
}
