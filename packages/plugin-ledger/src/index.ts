import './global-types.ts'
import './schema-builder.ts'
import SchemaBuilder from '@pothos/core'
import ErrorsPlugin from '@pothos/plugin-errors'
import RelayPlugin from '@pothos/plugin-relay'
import { PothosLedgerPlugin } from './plugin.ts'

export type { Action, FieldAccess, NestedAccess, QueryAccess } from './access.ts'
export type { MutationOptions } from './app-mutations.ts'
export { ownerRowsArgs } from './app-rows.ts'
export type { FieldCost } from './field-cost.ts'
export { PothosLedgerPlugin } from './plugin.ts'
export { type Answer, postedFields } from './posted-fields.ts'
export type { ErrorShape, LedgerRefs, LedgerScalars } from './types.ts'

const pluginName = 'ledger'

export default pluginName

SchemaBuilder.registerPlugin(pluginName, PothosLedgerPlugin)

/**
 * What the Relay plugin needs of a builder with a ledger: its fields `node` and `nodes`, which would find anything by its id,
 * are not in the graph.
 */
export const relayOptions = { nodeQueryOptions: false, nodesQueryOptions: false } as const

/**
 * The plugins that a builder with a ledger has, in order: `plugins: [...ledgerPlugins, …]`. What the first one wraps around
 * a field is outermost: no other plugin answers in place of a refusal.
 */
export const ledgerPlugins = [pluginName, ErrorsPlugin, RelayPlugin] as const
