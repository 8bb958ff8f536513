import type { UnionRef } from '@pothos/core'
import { errorsOf, type LedgerCommand, type LedgerResult, type Refusal } from '@shared-ledger/ledger'
import type { BuilderTypes } from './builder.ts'
import type { Graph } from './graph.ts'
import { type Answer, postedFields } from './posted-fields.ts'

/** A command for a mutation: the union of its outcomes, and a function that runs it. */
interface Result<Input, Posted, Refused> {
  readonly type: UnionRef<BuilderTypes, Posted | Refused>
  readonly run: (input: Input) => Promise<Posted | Refused>
}

/**
 * Adds the result of a mutation: the union `<name>Result` of its success, `<name>Success` with the listed fields, and
 * of exactly the refusals of its command.
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
    description: `The result of ${mutation}.`,
    types: [...errorsOf(command), Success] as never,
    resolveType: (member: Posted | Refused) => ('code' in member ? member.name : Success.name),
  })
  return {
    type: union as unknown as UnionRef<BuilderTypes, Posted | Refused>,
    run: async (input) => memberOf(await command(input)),
  }
}

/**
 * Returns the outcome of a command as a member of its union. A refusal becomes a plain copy of its fields, because
 * graphql-js treats an Error as a failed field.
 */
export function memberOf<Posted, Refused extends Refusal>(
  result: LedgerResult<Posted, Refused>,
): Posted | Refused {
  return result.ok ? result : { ...result.error, message: result.error.message }
}
