import { isOwner, limits, type OtherAppsEntry } from '@shared-ledger/ledger'
import { bookArg, bookField } from './books.ts'
import { addConnection, pageArgs } from './connection.ts'
import { pageWeight, searchWeight, summaryWeight } from './field-cost.ts'
import type { Graph } from './graph.ts'
import { ownerArg } from './inputs.ts'
import { addOperationInfo } from './operation-info.ts'
import { seenEntry } from './seen-entry.ts'

/** Adds the queries of balances, entries and operations. */
export function addQueries(graph: Graph): void {
  const { builder, ledger, types } = graph
  const { LedgerBalance, LedgerBook, LedgerEntry, LedgerOperation } = types
  const LedgerEntryConnection = addConnection(builder, LedgerEntry, 'A page of entries.')
  const LedgerOtherAppsEntry = builder.objectRef<OtherAppsEntry>('LedgerOtherAppsEntry').implement({
    description: 'An entry of another app that shares the book.',
    fields: (t) => ({
      app: t.exposeString('app', { nullable: false, description: 'The app that posted it.' }),
      ownerId: t.exposeString('ownerId', { nullable: false, description: 'Whose account.' }),
      ...bookField(t, LedgerBook),
      operationName: t.exposeString('operationName', {
        nullable: false,
        description: 'The name of an operation of that app.',
      }),
      amount: t.expose('amount', {
        type: 'SafeInt',
        nullable: false,
        description: 'Signed credits: + in, - out.',
      }),
      balanceAfter: t.expose('balanceAfter', {
        type: 'SafeInt',
        nullable: false,
        description: "The account's balance just after this entry.",
      }),
      seq: t.expose('seq', {
        type: 'SafeInt',
        nullable: false,
        description:
          "Counts the account's entries from 1, without gaps. Apps that share a book count together.",
      }),
      createdOn: t.expose('createdOn', {
        type: 'DateTime',
        nullable: false,
        description: 'When it was posted, to the millisecond.',
      }),
    }),
  })
  const LedgerAccountEntry = builder.unionType('LedgerAccountEntry', {
    description: 'An entry of this app, or of another app that shares the book.',
    types: [LedgerEntry, LedgerOtherAppsEntry],
    resolveType: (entry) => ('app' in entry ? LedgerOtherAppsEntry : LedgerEntry),
  })
  const LedgerAccountEntryConnection = addConnection(builder, LedgerAccountEntry, 'A page of an account.')
  const LedgerOperationInfo = addOperationInfo(graph)
  const LedgerEntryOrder = builder.enumType('LedgerEntryOrder', {
    description: 'The order of a list of entries.',
    values: {
      NEWEST_FIRST: { description: 'From the newest entry to the oldest.' },
      OLDEST_FIRST: { description: 'From the oldest entry to the newest.' },
    },
  })
  const LedgerMetadataFilter = builder.inputType('LedgerMetadataFilter', {
    description:
      'Entries whose metadata has this value under this key. A page looks at 10,000 entries at most. It may have ' +
      'fewer matches than asked for, and its end cursor then continues the search.',
    fields: (t) => ({
      key: t.string({ required: true, description: 'A key of the metadata.' }),
      value: t.string({ required: true, description: 'Its whole value, compared byte for byte.' }),
    }),
  })

  builder.queryFields((t) => ({
    balance: t.field({
      type: LedgerBalance,
      nullable: false,
      description: "An owner's balance.",
      args: {
        ownerId: ownerArg(t.arg),
        ...bookArg(t.arg, LedgerBook),
        asOf: t.arg({ type: 'DateTime', description: 'The balance after the last entry until this moment.' }),
      },
      access: { action: 'read', owner: ({ ownerId }) => ownerId },
      resolve: (_root, { ownerId, asOf, ...inBook }) =>
        asOf ? ledger.balanceAt(ownerId, asOf, inBook) : ledger.balance(ownerId, inBook),
    }),
    ledgerEntry: t.field({
      type: LedgerEntry,
      nullable: true,
      description: 'The entry with this id, or null.',
      args: { id: t.arg.id({ required: true, description: 'The id of the entry.' }) },
      access: { action: 'read', owner: { found: ({ ownerId }) => ownerId } },
      resolve: (_root, { id }) => ledger.entry(id),
    }),
    ledgerEntryByNonce: t.field({
      type: LedgerEntry,
      nullable: true,
      description: "The owner's entry that was posted with this nonce, or null.",
      args: {
        ownerId: ownerArg(t.arg),
        ...bookArg(t.arg, LedgerBook),
        nonce: t.arg.string({ required: true, description: 'The idempotency key that it was posted with.' }),
      },
      access: { action: 'read', owner: { found: ({ ownerId }) => ownerId } },
      resolve: async (_root, { ownerId, nonce, ...inBook }, context) => {
        const { principal } = context
        // For an owner, looking up another owner's nonce would take longer if it was used.
        if (isOwner(principal) && principal.owner !== ownerId) return null
        const entry = await ledger.entryByNonce(ownerId, nonce, inBook)
        // A reader who may not see the nonce must not learn by guessing that it was used.
        return entry && (await seenEntry(ledger, entry, context)).nonce === nonce ? entry : null
      },
    }),
    ledgerEntries: t.field({
      type: LedgerEntryConnection,
      nullable: false,
      description: `Entries, newest first: ${limits.defaultPageSize}, or as many as \`first\` or \`last\` says, up to ${limits.pageSize}. Those of the whole app are listed by id, up to where a transaction that is open may still add one.`,
      args: {
        ownerId: t.arg.string({
          description:
            'Whose entries. Those of all owners when left out. With a filter, a page of these looks at 10,000 entries at most: it may have fewer matches than asked for, and its end cursor then continues the search.',
        }),
        ...bookArg(t.arg, LedgerBook),
        operations: t.arg({ type: [LedgerOperation], description: 'Only entries of these operations.' }),
        from: t.arg({ type: 'DateTime', description: 'Only entries from this moment on.' }),
        to: t.arg({ type: 'DateTime', description: 'Only entries before this moment.' }),
        order: t.arg({ type: LedgerEntryOrder, description: 'Newest first when left out.' }),
        metadata: t.arg({
          type: LedgerMetadataFilter,
          description: 'Only entries with this pair in their metadata.',
        }),
        ...pageArgs(t.arg),
      },
      access: {
        action: 'read',
        // Metadata may be meant only for the other owners of a transaction, so an owner cannot search for it.
        owner: ({ ownerId, metadata }) => (metadata ? null : ownerId),
      },
      cost: {
        weight: ({ ownerId, operations, from, to, metadata }) => {
          if (ownerId != null) return pageWeight + (metadata ? searchWeight : 0)
          const isSearch = ledger.books.length > 1 || operations != null || metadata != null
          // Where a time begins or ends, all of its entries are read.
          return pageWeight + (from || to ? summaryWeight : isSearch ? searchWeight : 0)
        },
      },
      resolve: (_root, args) => ledger.entries(args),
    }),
    accountEntries: t.field({
      type: LedgerAccountEntryConnection,
      nullable: false,
      description: `All entries of an account, newest first, those of other apps that share its book too: ${limits.defaultPageSize}, or as many as \`first\` or \`last\` says, up to ${limits.pageSize}.`,
      args: { ownerId: ownerArg(t.arg), ...bookArg(t.arg, LedgerBook), ...pageArgs(t.arg) },
      access: { action: 'read', owner: ({ ownerId }) => ownerId },
      cost: { weight: pageWeight },
      resolve: (_root, args) => ledger.accountEntries(args),
    }),
    ledgerOperations: t.field({
      type: [LedgerOperationInfo],
      nullable: false,
      description: 'What the app can do with credits: the shared operations, then its own.',
      access: { action: 'open', owner: 'any' },
      cost: { weight: 0, size: ledger.describeOperations().length },
      resolve: () => [...ledger.describeOperations()],
    }),
  }))
}
