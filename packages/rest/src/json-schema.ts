import { z } from 'zod'
import { isObject } from './json.ts'

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
  readonly named: Record<string, JsonSchema> = {}
  readonly #absent = new Set<unknown>()

  /** @param given Named schemas, used in place of the shapes' own. Fields of those that are undefined are left out. */
  constructor(given: Readonly<Record<string, JsonSchema | undefined>>) {
    for (const [name, schema] of Object.entries(given)) {
      if (schema) this.named[name] = schema
      else this.#absent.add(reference(name).$ref)
    }
  }

  /** Whether a field has a schema that is left out, or that or null. */
  #isAbsent(field: unknown): boolean {
    if (!isObject(field)) return false
    const { $ref, anyOf } = field
    return this.#absent.has($ref) || (Array.isArray(anyOf) && anyOf.some((choice) => this.#isAbsent(choice)))
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
    const {
      $defs = {},
      $schema: _,
      ...schema
    }: JsonSchema = JSON.parse(text, (name, part) =>
      name === 'properties' && isObject(part)
        ? Object.fromEntries(Object.entries(part).filter(([, field]) => !this.#isAbsent(field)))
        : part,
    )
    for (const [name, definition] of Object.entries($defs)) {
      if (!this.#absent.has(reference(name).$ref)) this.named[name] ??= definition
    }
    return schema
  }
}
