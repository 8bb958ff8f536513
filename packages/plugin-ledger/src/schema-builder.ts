import SchemaBuilder, { type SchemaTypes } from '@pothos/core'
import { type AnyLedger, type LedgerBuilder, requirePlugins } from './builder.ts'
import { addErrors } from './errors.ts'
import { addPostLedgerEntry } from './mutations.ts'
import { addTypes } from './object-types.ts'
import { addParts, chooseParts } from './parts/index.ts'
import { addQueries } from './queries.ts'
import { addScalars } from './scalars.ts'

const prototype = SchemaBuilder.prototype as PothosSchemaTypes.SchemaBuilder<SchemaTypes>

prototype.addLedger = function addLedger(ledger, options = {}) {
  // Inside, the builder and the ledger are of any operations: the signature of addLedger keeps the app's apart.
  const builder = this as unknown as LedgerBuilder
  const anyLedger = ledger as unknown as AnyLedger

  requirePlugins(builder)
  const parts = chooseParts(builder, anyLedger, options.parts)
  addScalars(builder)
  const types = addTypes(builder, anyLedger)
  const ErrorInterface = addErrors(builder, types)
  const graph = { builder, ledger: anyLedger, types, ErrorInterface, parts }
  addQueries(graph)
  addParts({ ...graph, posting: addPostLedgerEntry(graph) })

  const refs = { Error: ErrorInterface, ...types }
  return refs as never
}
