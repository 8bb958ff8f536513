import { z } from 'zod'

const types = ['string', 'integer', 'number', 'boolean'] as const

/** A field of a zod object, as an input describes it. */
export interface InputField {
  readonly name: string
  readonly type: (typeof types)[number] | 'id'
  /** Whether it can be neither left out nor null. */
  readonly required: boolean
  readonly takesNull: boolean
  readonly takesUndefined: boolean
  readonly description: string | undefined
  readonly examples: readonly unknown[] | undefined
}

/**
 * Returns the fields of the input that a zod object describes, each with a type of GraphQL and JSON. It runs none of
 * the schema's own code, such as its refinements.
 *
 * @throws TypeError for a field of another type
 */
export function inputFieldsOf(schema: z.ZodObject): readonly InputField[] {
  return Object.entries(schema.shape).map(([name, shape]) => {
    const { format, type: jsonType, description, examples, takesNull } = factsOf(shape)
    const type = format === 'id' ? 'id' : types.find((known) => known === jsonType)
    if (type === undefined) {
      throw new TypeError(
        `${name} is neither text, an id, a number nor true or false. Write out what takes such an input: builder.inputType, builder.mutationField, defineRoute.`,
      )
    }
    const takesUndefined = shape._zod.optin !== undefined
    const required = !takesNull && !takesUndefined
    return { name, type, required, takesNull, takesUndefined, description, examples }
  })
}

/** What a schema says of a field, and whether any part of it takes null. */
interface FieldFacts {
  readonly type?: unknown
  readonly format?: string
  readonly description?: string | undefined
  readonly examples?: readonly unknown[]
  readonly takesNull: boolean
}

function factsOf(shape: z.core.$ZodType): FieldFacts {
  const inner = innerOf(shape)
  const facts = inner ? factsOf(inner) : { ...jsonOf(shape), takesNull: false }
  const takesNull = shape instanceof z.core.$ZodNullable || shape instanceof z.core.$ZodCatch
  return { ...facts, ...z.globalRegistry.get(shape), takesNull: facts.takesNull || takesNull }
}

const jsonOf = (shape: z.core.$ZodType) => z.toJSONSchema(shape, { io: 'input', unrepresentable: 'any' })

/** Returns what an optional, nullable or otherwise wrapped schema wraps, or what a transform is given. */
function innerOf(shape: z.core.$ZodType): z.core.$ZodType | undefined {
  const { def } = shape._zod
  const inner = 'innerType' in def ? def.innerType : 'in' in def ? def.in : undefined
  return inner instanceof z.core.$ZodType ? inner : undefined
}
