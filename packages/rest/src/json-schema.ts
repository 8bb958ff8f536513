import { z } from 'zod'

/** A JSON Schema of draft 2020-12, the dialect of OpenAPI 3.1. The keywords that we read have a type. */
export interface JsonSchema {
  readonly [keyword: string]: unknown
  readonly $defs?: Readonly<Record<string, JsonSchema>>
  readonly $ref?: string
  readonly anyOf?: readonly JsonSchema[]
  readonly description?: string
  readonly examples?: readonly unknown[]
  readonly items?: JsonSchema
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly type?: string | readonly string[]
}

const place = '#/components/schemas/'

/** Returns a reference to a named schema. */
export function reference(name: string): JsonSchema {
  return { $ref: place + name }
}

const descriptions = new WeakMap<object, z.ZodType>()

/** Parses with `shape`, documents as `description`. */
export function describedAs<Shape extends z.ZodType>(shape: Shape, description: z.ZodType): Shape {
  descriptions.set(shape, description)
  return shape
}

/** Collects the schemas that shapes name with `meta({ id })`. The document has each of them once. */
export class SchemaCollection {
  readonly named: Record<string, JsonSchema>

  /** @param given Named schemas, used in place of the shapes' own. */
  constructor(given: Readonly<Record<string, JsonSchema>>) {
    this.named = { ...given }
  }

  /** Returns the schema of a shape. It refers to named schemas. */
  add(shape: z.ZodType, io: 'input' | 'output'): JsonSchema {
    const converted = z.toJSONSchema(shape, {
      io,
      unrepresentable: 'any',
      override: ({ zodSchema, jsonSchema }) => {
        // zod gives every whole number the limits of safe integers, so they tell a reader nothing.
        if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
        if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
        const description = descriptions.get(zodSchema)
        if (description) Object.assign(jsonSchema, this.add(description, io))
      },
    })
    const text = JSON.stringify(converted).replaceAll('"$ref":"#/$defs/', `"$ref":"${place}`)
    const { $defs = {}, $schema: _, ...schema }: JsonSchema = JSON.parse(text)
    for (const [name, definition] of Object.entries($defs)) this.named[name] ??= definition
    return schema
  }
}
