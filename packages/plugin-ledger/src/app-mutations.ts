import type { ObjectRef, SchemaTypes, ShapeFromTypeParam, TypeParam } from '@pothos/core'
import { parseInput, ValidationError } from '@shared-ledger/ledger'
import type { z } from 'zod'
import type { FieldAccess } from './access.ts'
import { addInput } from './app-inputs.ts'
import type { BuilderTypes, LedgerBuilder } from './builder.ts'
import { inputArg } from './inputs.ts'

/** A mutation of an app's own, as `builder.addMutation` takes it. */
export interface MutationOptions<
  Types extends SchemaTypes,
  Input extends z.ZodObject,
  Type extends TypeParam<Types>,
> {
  readonly description: string
  /** What it is asked with: an input type of the graph, `<Name>Input`, has these fields. */
  readonly input: Input
  /** What it answers where it is not refused. */
  readonly type: Type
  /**
   * The errors that `resolve` throws to refuse. With the type, and a ValidationError, they are the members of the union
   * `<Name>Result`.
   */
  readonly refusals?: readonly (new (
    ...args: never[]
  ) => Error)[]
  /** Who may ask for it. */
  readonly access: FieldAccess<{ input: z.input<Input> }>
  /** Does what was asked. Input that breaks the schema's rules does not come here: it is a ValidationError. */
  readonly resolve: (
    input: z.output<Input>,
    context: Types['Context'],
  ) => ShapeFromTypeParam<Types, Type, false> | Promise<ShapeFromTypeParam<Types, Type, false>>
}

/** The same of any app. */
export type AnyMutationOptions = MutationOptions<BuilderTypes, z.ZodObject, ObjectRef<BuilderTypes, object>>

/** Adds a mutation of an app's own, with its input and its result. */
export function addMutation(
  builder: LedgerBuilder,
  name: string,
  { description, input, type, refusals = [], access, resolve }: AnyMutationOptions,
): void {
  const prefix = `${name[0]?.toUpperCase()}${name.slice(1)}`
  const InputType = addInput(builder, `${prefix}Input`, input)
  builder.mutationField(name, (t) =>
    t.field({
      type,
      nullable: false,
      description,
      errors: {
        types: [...new Set([ValidationError, ...refusals])],
        directResult: true,
        union: { name: `${prefix}Result`, description: `What \`${name}\` answers.` },
      },
      args: { input: inputArg(t.arg, InputType) },
      access,
      resolve: (_root, args, context) => resolve(parseInput(input, args.input), context),
    }),
  )
}
