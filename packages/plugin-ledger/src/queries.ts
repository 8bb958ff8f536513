import type { AnyLedger, LedgerBuilder } from './builder.ts'
import { addEntryConnection, addOperationInfo, type LedgerTypes } from './object-types.ts'

/** Adds the ledger's queries. */
export function addQueries(builder: LedgerBuilder, ledger: AnyLedger, types: LedgerTypes): void {
  const { LedgerBalance, LedgerEntry, LedgerOperation } = types
  const LedgerEntryConnection = addEntryConnection(builder, types)
  const LedgerOperationInfo = addOperationInfo(builder, types)

  builder.queryFields((t) => ({
    balance: t.field({
      type: LedgerBalance,
      nullable: false,
      description: "An owner's balance in this app.",
      args: { ownerId: t.arg.string({ required: true }) },
      resolve: (_root, { ownerId }) => ledger.balance(ownerId),
    }),
    ledgerEntry: t.field({
      type: LedgerEntry,
      nullable: true,
      description: 'The entry with this id, or null.',
      args: { id: t.arg.id({ required: true }) },
      resolve: (_root, { id }) => ledger.entry(String(id)),
    }),
    ledgerEntryByNonce: t.field({
      type: LedgerEntry,
      nullable: true,
      description: "The owner's entry that was posted with this nonce, or null.",
      args: { ownerId: t.arg.string({ required: true }), nonce: t.arg.string({ required: true }) },
      resolve: (_root, { ownerId, nonce }) => ledger.entryByNonce(ownerId, nonce),
    }),
    ledgerEntries: t.field({
      type: LedgerEntryConnection,
      nullable: false,
      description: "An owner's entries, newest first: 20, or as many as `first` or `last` says, up to 100.",
      args: {
        ownerId: t.arg.string({ required: true }),
        operations: t.arg({ type: [LedgerOperation], description: 'Only entries of these operations.' }),
        ...t.arg.connectionArgs(),
      },
      resolve: (_root, args) => ledger.entries(args),
    }),
    ledgerOperations: t.field({
      type: [LedgerOperationInfo],
      nullable: false,
      description: 'What the app can do with credits: the shared operations, then its own.',
      resolve: () => [...ledger.describeOperations()],
    }),
  }))
}
