import './global-types.ts'
import './schema-builder.ts'
import SchemaBuilder, { BasePlugin, type PothosOutputFieldConfig, type SchemaTypes } from '@pothos/core'
import ErrorsPlugin from '@pothos/plugin-errors'
import RelayPlugin from '@pothos/plugin-relay'

export type { FieldCost } from './field-cost.ts'
export type { LedgerPart } from './parts/index.ts'
export type { AddLedgerOptions, ErrorShape, LedgerRefs, LedgerScalars } from './types.ts'

const pluginName = 'ledger'

export default pluginName

/** Gives a builder `addLedger`, where all that the ledger adds to a graph is added, and fields their `cost`. */
export class PothosLedgerPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  /** Servers read the cost from the field's extensions. What is exposed is there already, object or not. */
  override onOutputFieldConfig(field: PothosOutputFieldConfig<Types>): PothosOutputFieldConfig<Types> {
    const isExposed = field.extensions?.pothosExposedField !== undefined
    const { cost = isExposed ? { weight: 0 } : undefined } = field.pothosOptions
    return cost ? { ...field, extensions: { ...field.extensions, cost } } : field
  }
}

SchemaBuilder.registerPlugin(pluginName, PothosLedgerPlugin)

/** The plugins that a builder with a ledger has, in order: `plugins: [...ledgerPlugins, …]`. */
export const ledgerPlugins = [ErrorsPlugin, RelayPlugin, pluginName] as const
