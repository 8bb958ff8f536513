import SchemaBuilder, { type SchemaTypes } from '@pothos/core'
import { type AnyLedger, type LedgerBuilder, requirePlugins } from './builder.ts'
import { addErrors } from './errors.ts'
import { addMutations } from './mutations.ts'
import { addTypes } from './object-types.ts'
import { addQueries } from './queries.ts'
import { addScalars } from './scalars.ts'

const prototype = SchemaBuilder.prototype as PothosSchemaTypes.SchemaBuilder<SchemaTypes>

prototype.addLedger = function addLedger(ledger, options = {}) {
  // Inside, the builder and the ledger are of any operations: the signature of addLedger keeps the app's apart.
  const builder = this as unknown as LedgerBuilder
  const anyLedger = ledger as unknown as AnyLedger

  requirePlugins(builder)
  addScalars(builder)
  const types = addTypes(builder, anyLedger, options)
  const ErrorInterface = addErrors(builder, types)
  addQueries(builder, anyLedger, types)
  addMutations(builder, anyLedger, types)

  const refs = { Error: ErrorInterface, ...types }
  return refs as never
}
