import type { UnionRef } from '@pothos/core'
import {
  errorsOf,
  type LedgerBalance,
  type LedgerCommand,
  type LedgerEntry,
  type LedgerHold,
  type LedgerResult,
  type LedgerTransaction,
  type Refusal,
} from '@shared-ledger/ledger'
import { reached } from './access.ts'
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

/** A command as a mutation uses it: the union of its outcomes, and a function that runs it. */
interface Result<Input, Posted, Refused> {
  readonly type: UnionRef<BuilderTypes, Posted | Refused>
  readonly run: (input: Input) => Promise<Posted | Refused>
}

/**
 * Adds what a mutation answers: the union `<name>Result` of its success, `<name>Success` with the fields listed, and of
 * exactly the refusals of the command that it runs.
 */
export function addResult<
  Input,
  Posted extends Partial<Answer>,
  Refused extends Refusal,
  Field extends keyof Answer & keyof Posted,
>(
  { builder, types: { LedgerBalance, LedgerEntry, LedgerHold, LedgerTransaction } }: Graph,
  name: string,
  command: LedgerCommand<Input, Posted, Refused>,
  fields: readonly Field[],
): Result<Input, Posted, Refused> {
  const fieldTypes = {
    entry: LedgerEntry,
    transaction: LedgerTransaction,
    hold: LedgerHold,
    balance: LedgerBalance,
    balances: [LedgerBalance],
  } as const
  const mutation = `\`${name[0]?.toLowerCase()}${name.slice(1)}\``
  const Success = builder.objectRef<Posted>(`${name}Success`).implement({
    description: `${mutation} did what was asked.`,
    fields: (t) =>
      Object.fromEntries(
        fields.map((field) => [
          field,
          t.field({
            type: fieldTypes[field as keyof Answer] as never,
            access: reached,
            nullable: false,
            description: fieldDescriptions[field],
            cost: { weight: 0 },
            resolve: (answer) => answer[field] as never,
          }),
        ]),
      ),
  })
  const union = builder.unionType(`${name}Result`, {
    description: `What ${mutation} answers: that it was done, or why not.`,
    types: [...errorsOf(command), Success] as never,
    resolveType: (member: Posted | Refused) => ('code' in member ? member.name : Success.name),
  })
  return {
    type: union as unknown as UnionRef<BuilderTypes, Posted | Refused>,
    run: async (input) => memberOf(await command(input)),
  }
}

/**
 * The outcome of a command as a member of its union. A refusal is a copy of its fields: graphql-js takes an Error itself for
 * a field that has failed.
 */
export function memberOf<Posted, Refused extends Refusal>(
  result: LedgerResult<Posted, Refused>,
): Posted | Refused {
  return result.ok ? result : { ...result.error, message: result.error.message }
}
