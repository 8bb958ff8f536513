import type { UnionRef } from '@pothos/core'
import {
  type LedgerBalance,
  type LedgerEntry,
  type LedgerError,
  type LedgerHold,
  type LedgerResult,
  type LedgerTransaction,
  postingErrors,
} from '@shared-ledger/ledger'
import type { BuilderTypes } from './builder.ts'
import type { Graph } from './graph.ts'

/** All that a command may answer; each answers some of it. */
export interface Answer {
  readonly entry: LedgerEntry
  readonly transaction: LedgerTransaction
  readonly hold: LedgerHold
  readonly balance: LedgerBalance
  readonly balances: readonly LedgerBalance[]
}

const fieldDescriptions = {
  entry: 'What was posted.',
  transaction: 'What was posted.',
  hold: 'The hold as it is then.',
  balance: 'The balance after it.',
  balances: 'The balances after it: each owner once, in the order of their first entries.',
} as const satisfies Record<keyof Answer, string>

/** A class of refusals: an object type of the graph. */
type RefusalType = new (...args: never[]) => LedgerError

/**
 * Adds what a mutation answers: the union `<name>Result` of its success, `<name>Success` with the fields listed, and of
 * its refusals, those of any posting unless others are given.
 */
export function addResult<Field extends keyof Answer>(
  { builder, types: { LedgerBalance, LedgerEntry, LedgerHold, LedgerTransaction } }: Graph,
  name: string,
  fields: readonly Field[],
  refusals: readonly RefusalType[] = postingErrors,
) {
  const fieldTypes = {
    entry: LedgerEntry,
    transaction: LedgerTransaction,
    hold: LedgerHold,
    balance: LedgerBalance,
    balances: [LedgerBalance],
  } as const
  const mutation = `\`${name[0]?.toLowerCase()}${name.slice(1)}\``
  const Success = builder.objectRef<Pick<Answer, Field>>(`${name}Success`).implement({
    description: `${mutation} did what was asked.`,
    fields: (t) =>
      Object.fromEntries(
        fields.map((field) => [
          field,
          t.field({
            type: fieldTypes[field as keyof Answer] as never,
            nullable: false,
            description: fieldDescriptions[field],
            cost: { weight: 0 },
            resolve: (answer) => answer[field] as never,
          }),
        ]),
      ),
  })
  const union = builder.errorUnion(`${name}Result`, {
    description: `What ${mutation} answers: that it was done, or why not.`,
    types: [...refusals, Success] as never,
    resolveType: () => Success.name,
  })
  return union as unknown as UnionRef<BuilderTypes, Pick<Answer, Field> | LedgerError>
}

/** What a command did. @throws the refusal, which the errors plugin makes a member of the field's union. */
export async function answerOf<Posted>(result: Promise<LedgerResult<Posted>>): Promise<Posted> {
  const settled = await result
  if (settled.ok) return settled
  throw settled.error
}
