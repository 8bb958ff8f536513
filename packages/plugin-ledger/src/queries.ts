import { addConnection, pageArgs } from './connection.ts'
import { metadataWeight, pageWeight } from './field-cost.ts'
import type { Graph } from './graph.ts'
import { ownerArg } from './inputs.ts'
import { addOperationInfo } from './operation-info.ts'
import { statementArgs } from './parts/statement-args.ts'

/** Adds the queries that every graph has. The part statements gives more arguments to two of them. */
export function addQueries(graph: Graph): void {
  const { builder, ledger, types } = graph
  const { LedgerBalance, LedgerEntry, LedgerOperation } = types
  const LedgerEntryConnection = addConnection(builder, LedgerEntry, "A page of an owner's entries.")
  const LedgerOperationInfo = addOperationInfo(graph)
  const statement = statementArgs(graph)

  builder.queryFields((t) => ({
    balance: t.field({
      type: LedgerBalance,
      nullable: false,
      description: "An owner's balance in this app.",
      args: { ownerId: ownerArg(t.arg), ...statement.balance(t.arg) },
      resolve: (_root, { ownerId, asOf }) =>
        asOf ? ledger.balanceAt(ownerId, asOf) : ledger.balance(ownerId),
    }),
    ledgerEntry: t.field({
      type: LedgerEntry,
      nullable: true,
      description: 'The entry with this id, or null.',
      args: { id: t.arg.id({ required: true, description: 'The id of the entry.' }) },
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
      resolve: (_root, { ownerId, nonce }) => ledger.entryByNonce(ownerId, nonce),
    }),
    ledgerEntries: t.field({
      type: LedgerEntryConnection,
      nullable: false,
      description: "An owner's entries, newest first: 20, or as many as `first` or `last` says, up to 100.",
      args: {
        ownerId: ownerArg(t.arg),
        operations: t.arg({ type: [LedgerOperation], description: 'Only entries of these operations.' }),
        ...statement.entries(t.arg),
        ...pageArgs(t.arg),
      },
      cost: { weight: pageWeight, argumentWeights: { metadata: metadataWeight } },
      resolve: (_root, args) => ledger.entries(args),
    }),
    ledgerOperations: t.field({
      type: [LedgerOperationInfo],
      nullable: false,
      description: 'What the app can do with credits: the shared operations, then its own.',
      cost: { weight: 0, size: ledger.describeOperations().length },
      resolve: () => [...ledger.describeOperations()],
    }),
  }))
}
