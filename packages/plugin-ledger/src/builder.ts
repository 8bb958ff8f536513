import type { SchemaTypes } from '@pothos/core'
import { PothosSchemaError } from '@pothos/core'
import type { Ledger, Operations, Principal } from '@shared-ledger/ledger'
import type { LedgerScalars } from './types.ts'

/** A builder, as the plugin's own code sees it. */
export type LedgerBuilder = PothosSchemaTypes.SchemaBuilder<
  PothosSchemaTypes.ExtendDefaultTypes<{
    Context: { readonly principal: Principal }
    Scalars: LedgerScalars & { ID: { Input: string; Output: string | number } }
  }>
>

/** The types of such a builder. */
export type BuilderTypes = LedgerBuilder['$inferSchemaTypes']

/** A ledger of any app. */
export type AnyLedger = Ledger<Operations, string>

/** @throws PothosSchemaError that says how to add the plugins that a builder lacks */
export function requirePlugins(builder: LedgerBuilder): void {
  const plugins: readonly (keyof PothosSchemaTypes.Plugins<SchemaTypes>)[] = builder.options.plugins ?? []
  const missing = (['errors', 'relay'] as const).filter((name) => !plugins.includes(name))
  if (missing.length > 0) {
    throw new PothosSchemaError(
      `addLedger needs the plugins ${missing.join(' and ')}: make the builder with plugins: [...ledgerPlugins]`,
    )
  }
}
