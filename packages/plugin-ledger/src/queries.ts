import { isOwner, limits } from '@shared-ledger/ledger'
import { addConnection, pageArgs } from './connection.ts'
import { metadataWeight, pageWeight } from './field-cost.ts'
import type { Graph } from './graph.ts'
import { ownerArg } from './inputs.ts'
import { addOperationInfo } from './operation-info.ts'
import { seenEntry } from './seen-entry.ts'

/** Adds the queries of balances, entries and operations. */
export function addQueries(graph: Graph): void {
  const { builder, ledger, types } = graph
  const { LedgerBalance, LedgerEntry, LedgerOperation } = types
  const LedgerEntryConnection = addConnection(builder, LedgerEntry, "A page of an owner's entries.")
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
      description: "An owner's balance in this app.",
      args: {
        ownerId: ownerArg(t.arg),
        asOf: t.arg({ type: 'DateTime', description: 'The balance after the last entry until this moment.' }),
      },
      access: { action: 'read', owner: ({ ownerId }) => ownerId },
      resolve: (_root, { ownerId, asOf }) =>
        asOf ? ledger.balanceAt(ownerId, asOf) : ledger.balance(ownerId),
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
        nonce: t.arg.string({ required: true, description: 'The idempotency key that it was posted with.' }),
      },
      access: { action: 'read', owner: { found: ({ ownerId }) => ownerId } },
      resolve: async (_root, { ownerId, nonce }, context) => {
        const { principal } = context
        // For an owner, looking up another owner's nonce would take longer if it was used.
        if (isOwner(principal) && principal.owner !== ownerId) return null
        const entry = await ledger.entryByNonce(ownerId, nonce)
        // A reader who may not see the nonce must not learn by guessing that it was used.
        return entry && (await seenEntry(ledger, entry, context)).nonce === nonce ? entry : null
      },
    }),
    ledgerEntries: t.field({
      type: LedgerEntryConnection,
      nullable: false,
      description: `An owner's entries, newest first: ${limits.defaultPageSize}, or as many as \`first\` or \`last\` says, up to ${limits.pageSize}.`,
      args: {
        ownerId: ownerArg(t.arg),
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
      cost: { weight: pageWeight, argumentWeights: { metadata: metadataWeight } },
      resolve: (_root, args) => ledger.entries(args),
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
