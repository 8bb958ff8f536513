import type { UnionRef } from '@pothos/core'
import { errorsOf, type LedgerCommand, type LedgerResult, type Refusal } from '@shared-ledger/ledger'
import type { BuilderTypes } from './builder.ts'
import type { Graph } from './graph.ts'
import { type Answer, postedFields } from './posted-fields.ts'

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
  { builder, types }: Graph,
  name: string,
  command: LedgerCommand<Input, Posted, Refused>,
  fields: readonly Field[],
): Result<Input, Posted, Refused> {
  const mutation = `\`${name[0]?.toLowerCase()}${name.slice(1)}\``
  const Success = builder.objectRef<Posted>(`${name}Success`).implement({
    description: `${mutation} did what was asked.`,
    fields: (t) => postedFields(t, types, fields),
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
