import { z } from 'zod'

const types = ['string', 'integer', 'number', 'boolean'] as const

/** What a zod object says of one of its fields, for whatever takes it as input. */
export interface InputField {
  readonly name: string
  readonly type: (typeof types)[number] | 'id'
  /** Whether it can neither be left out nor be null. */
  readonly required: boolean
  readonly description: string | undefined
  readonly examples: readonly unknown[] | undefined
}

/**
 * The fields of the input that a zod object describes, each of a type that GraphQL and JSON know.
 *
 * @throws TypeError on a field of another type.
 */
export function inputFieldsOf(schema: z.ZodObject): readonly InputField[] {
  return Object.entries(schema.shape).map(([name, shape]) => {
    const plain = withoutNull(shape)
    const json = z.toJSONSchema(plain, { io: 'input', unrepresentable: 'any' })
    const { description, examples } = { ...json, ...z.globalRegistry.get(shape) }
    const type = json.format === 'id' ? 'id' : types.find((known) => known === json.type)
    if (type === undefined) {
      throw new TypeError(
        `${name} is neither text, an id, a number nor true or false. Write out what takes such an input: builder.inputType, builder.mutationField, defineRoute.`,
      )
    }
    return { name, type, required: plain === shape, description, examples }
  })
}

/** The schema of what is there, of one that may be left out or null. */
function withoutNull(shape: z.core.$ZodType): z.core.$ZodType {
  return shape instanceof z.ZodOptional || shape instanceof z.ZodNullable
    ? withoutNull(shape.def.innerType)
    : shape
}
