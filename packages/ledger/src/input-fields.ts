import { z } from 'zod'

const types = ['string', 'integer', 'number', 'boolean'] as const

/** A field of a zod object, as an input describes it. */
export interface InputField {
  readonly name: string
  readonly type: (typeof types)[number] | 'id'
  /** Whether it can be neither left out nor null. */
  readonly required: boolean
  readonly description: string | undefined
  readonly examples: readonly unknown[] | undefined
}

/**
 * Returns the fields of the input that a zod object describes, each with a type of GraphQL and JSON.
 *
 * @throws TypeError for a field of another type
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
    const required = [undefined, null].every((value) => !z.safeParse(shape, value).success)
    return { name, type, required, description, examples }
  })
}

/** Returns the schema inside of an optional or nullable one. */
function withoutNull(shape: z.core.$ZodType): z.core.$ZodType {
  return shape instanceof z.ZodOptional || shape instanceof z.ZodNullable
    ? withoutNull(shape.def.innerType)
    : shape
}
