import './global-types.ts'
import './schema-builder.ts'
import SchemaBuilder, { BasePlugin, type SchemaTypes } from '@pothos/core'
import ErrorsPlugin from '@pothos/plugin-errors'
import RelayPlugin from '@pothos/plugin-relay'

export type { LedgerPart } from './parts/index.ts'
export type { AddLedgerOptions, ErrorShape, LedgerRefs, LedgerScalars } from './types.ts'

const pluginName = 'ledger'

export default pluginName

/** Gives a builder `addLedger`; all that the ledger adds to a graph is added there. */
export class PothosLedgerPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {}

SchemaBuilder.registerPlugin(pluginName, PothosLedgerPlugin)

/** The plugins that a builder with a ledger has, in order: `plugins: [...ledgerPlugins, …]`. */
export const ledgerPlugins = [ErrorsPlugin, RelayPlugin, pluginName] as const
