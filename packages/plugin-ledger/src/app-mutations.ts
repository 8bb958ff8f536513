import type { ObjectRef, SchemaTypes, ShapeFromTypeParam, TypeParam } from '@pothos/core'
import { inputReader, ValidationError } from '@shared-ledger/ledger'
import type { z } from 'zod'
import type { FieldAccess } from './access.ts'
import { addInput } from './app-inputs.ts'
import type { BuilderTypes, LedgerBuilder } from './builder.ts'
import type { InputAccess, ReadArgs } from './guards.ts'
import { inputArg } from './inputs.ts'

/** The options of an app's own mutation, for `builder.addMutation`. */
export interface MutationOptions<
  Types extends SchemaTypes,
  Input extends z.ZodObject,
  Type extends TypeParam<Types>,
> {
  readonly description: string
  /** The fields of its input. The graph gets an input type `<Name>Input`. Its rules and transforms are synchronous. */
  readonly input: Input
  /** The type of its success. */
  readonly type: Type
  /**
   * The errors that `resolve` throws to refuse. With the type and ValidationError they are the members of the union
   * `<Name>Result`.
   */
  readonly refusals?: readonly (new (
    ...args: never[]
  ) => Error)[]
  /** Who may use it. It is judged by the checked input, which `resolve` gets too. */
  readonly access: FieldAccess<{ input: z.output<Input> }>
  /** Carries the mutation out. Input that breaks the schema's rules does not reach it, and becomes a ValidationError. */
  readonly resolve: (
    input: z.output<Input>,
    context: Types['Context'],
  ) => ShapeFromTypeParam<Types, Type, false> | Promise<ShapeFromTypeParam<Types, Type, false>>
}

/** The options of any app's mutation. */
export type AnyMutationOptions = MutationOptions<BuilderTypes, z.ZodObject, ObjectRef<BuilderTypes, object>>

/** Adds an app's own mutation, with its input and its result. */
export function addMutation(
  builder: LedgerBuilder,
  name: string,
  { description, input, type, refusals = [], access, resolve }: AnyMutationOptions,
): void {
  const prefix = `${name[0]?.toUpperCase()}${name.slice(1)}`
  const InputType = addInput(builder, `${prefix}Input`, input)
  const read = inputReader(input)
  const judged: InputAccess = { ...access, read: ({ input }) => ({ input: read(input) }) }
  builder.mutationField(name, (t) =>
    t.field({
      type,
      nullable: false,
      description,
      errors: {
        types: [...new Set([ValidationError, ...refusals])],
        directResult: true,
        union: { name: `${prefix}Result`, description: `The result of \`${name}\`.` },
      },
      args: { input: inputArg(t.arg, InputType) },
      access: judged,
      resolve(_root, { input }: ReadArgs, context) {
        if (input instanceof ValidationError) throw input
        return resolve(input, context)
      },
    }),
  )
}
