import type { FieldMap, SchemaTypes } from '@pothos/core'
import type {
  LedgerBalance,
  LedgerEntry,
  LedgerHold,
  LedgerTransaction,
  Operations,
} from '@shared-ledger/ledger'
import { reached } from './access.ts'
import type { BuilderTypes } from './builder.ts'
import type { LedgerRefs } from './types.ts'

/** Every field that a command may answer with, and whether it was a replay. Each command answers with some of them. */
export interface Answer {
  readonly entry: LedgerEntry
  readonly transaction: LedgerTransaction
  readonly hold: LedgerHold
  readonly balance: LedgerBalance
  readonly balances: readonly LedgerBalance[]
  readonly replayed: boolean
}

const descriptions = {
  entry: 'What was posted.',
  transaction: 'What was posted.',
  hold: 'The hold after it.',
  balance: 'The balance after it.',
  balances: 'The balances after it: each owner once, in the order of their first entries.',
  replayed: 'Whether this request was posted before: nothing was posted now.',
} as const satisfies Record<keyof Answer, string>

/**
 * Makes the fields for what an app's own mutation has posted.
 *
 * @example
 * ```ts
 * builder.objectRef<PlayedRound>('PlayedRound').implement({
 *   description: 'A round and the entry that was posted with it.',
 *   fields: (t) => ({
 *     round: t.expose('round', { type: Round, nullable: false, description: 'The round.' }),
 *     ...postedFields(t, ledgerTypes, ['entry', 'balance', 'replayed']),
 *   }),
 * })
 * ```
 */
export function postedFields<
  Types extends SchemaTypes,
  Shape extends Partial<Answer>,
  Ops extends Operations,
>(
  t: PothosSchemaTypes.ObjectFieldBuilder<Types, Shape>,
  types: LedgerRefs<Types, Ops>,
  fields: readonly (keyof Answer & keyof Shape)[],
): FieldMap {
  // In here, the builder may be of any app. The signature allows only the answer's own fields.
  const builder = t as unknown as PothosSchemaTypes.ObjectFieldBuilder<BuilderTypes, Partial<Answer>>
  const { LedgerBalance, LedgerEntry, LedgerHold, LedgerTransaction } = types as unknown as LedgerRefs<
    BuilderTypes,
    Operations
  >
  const fieldTypes = {
    entry: LedgerEntry,
    transaction: LedgerTransaction,
    hold: LedgerHold,
    balance: LedgerBalance,
    balances: [LedgerBalance],
    replayed: 'Boolean',
  } as const
  return Object.fromEntries(
    fields.map((field) => [
      field,
      builder.field({
        type: fieldTypes[field as keyof Answer] as never,
        access: reached,
        nullable: false,
        description: descriptions[field as keyof Answer],
        cost: { weight: 0 },
        resolve: (answer) => answer[field as keyof Answer] as never,
      }),
    ]),
  )
}
