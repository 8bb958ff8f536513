import SchemaBuilder, { type SchemaTypes } from '@pothos/core'
import { hasExchanges, hasTransfers } from '@shared-ledger/ledger'
import { type AnyMutationOptions, addMutation } from './app-mutations.ts'
import { addRefusals } from './app-refusals.ts'
import { addBatches } from './batches.ts'
import { type AnyLedger, type LedgerBuilder, requirePlugins } from './builder.ts'
import { addCorrections } from './corrections.ts'
import { addErrors } from './errors.ts'
import { addExchanges } from './exchanges.ts'
import { addHoldType } from './hold-type.ts'
import { addHolds } from './holds.ts'
import { addLive } from './live.ts'
import { addLotKind } from './lot-terms.ts'
import { addLotType } from './lot-type.ts'
import { addLots } from './lots.ts'
import { addPostLedgerEntry } from './mutations.ts'
import { addTypes } from './object-types.ts'
import { addOverdraft } from './overdraft.ts'
import { addQueries } from './queries.ts'
import { addScalars } from './scalars.ts'
import { addStatements } from './statements.ts'
import { addStatus } from './status.ts'
import { addTransactionType } from './transaction-type.ts'
import { addTransactions } from './transactions.ts'
import { addTransfers } from './transfers.ts'

const prototype = SchemaBuilder.prototype as PothosSchemaTypes.SchemaBuilder<SchemaTypes>

prototype.addLedger = function addLedger(ledger, { refusals = [] } = {}) {
  // In here, the builder and the ledger have any operations. The signature of addLedger keeps the app's types exact.
  const builder = this as unknown as LedgerBuilder
  const anyLedger = ledger as unknown as AnyLedger

  requirePlugins(builder)
  if (!builder.configStore.hasConfig('Query')) builder.queryType()
  if (!builder.configStore.hasConfig('Mutation')) builder.mutationType()
  addScalars(builder)
  const ledgerTypes = addTypes(builder, anyLedger)
  const types = { Error: addErrors(builder, ledgerTypes), ...ledgerTypes }
  const graph = { builder, ledger: anyLedger, types, LedgerLotKind: addLotKind(builder, anyLedger) }
  addQueries(graph)
  const posting = addPostLedgerEntry(graph)
  addTransactionType(graph)
  addTransactions(graph)
  if (hasTransfers(anyLedger.operations)) addTransfers(graph)
  if (hasExchanges(anyLedger.operations)) addExchanges(graph)
  addCorrections(graph)
  addHoldType(graph)
  addHolds(graph)
  if (graph.LedgerLotKind) addLots(graph, addLotType(graph, graph.LedgerLotKind))
  addOverdraft(graph)
  addStatements(graph)
  addStatus(graph)
  addBatches(graph, posting)
  if (builder.configStore.hasConfig('Subscription')) addLive(graph)
  addRefusals(graph, refusals)

  return types as never
}

prototype.addMutation = function addMutationTo(name, options) {
  addMutation(this as unknown as LedgerBuilder, name, options as unknown as AnyMutationOptions)
}
