import './global-types.ts'
import './schema-builder.ts'
import SchemaBuilder from '@pothos/core'
import ErrorsPlugin from '@pothos/plugin-errors'
import RelayPlugin from '@pothos/plugin-relay'
import { PothosLedgerPlugin } from './plugin.ts'

export type { FieldCost } from './field-cost.ts'
export { PothosLedgerPlugin } from './plugin.ts'
export type { ErrorShape, LedgerRefs, LedgerScalars } from './types.ts'

const pluginName = 'ledger'

export default pluginName

SchemaBuilder.registerPlugin(pluginName, PothosLedgerPlugin)

/** The plugins that a builder with a ledger has, in order: `plugins: [...ledgerPlugins, …]`. */
export const ledgerPlugins = [ErrorsPlugin, RelayPlugin, pluginName] as const
