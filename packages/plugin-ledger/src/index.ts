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
export type { ErrorShape, LedgerBookRef, LedgerRefs, LedgerScalars } from './types.ts'

const pluginName = 'ledger'

export default pluginName

SchemaBuilder.registerPlugin(pluginName, PothosLedgerPlugin)

/**
 * The options of the Relay plugin for a builder with a ledger. Its fields `node` and `nodes`, which would find anything
 * by its id, are left out of the graph.
 */
export const relayOptions = { nodeQueryOptions: false, nodesQueryOptions: false } as const

/**
 * The plugins of a builder with a ledger, in order: `plugins: [...ledgerPlugins, …]`. The first plugin wraps each field
 * outermost, so that no other plugin can answer in place of a refusal.
 */
export const ledgerPlugins = [pluginName, ErrorsPlugin, RelayPlugin] as const
