import { z } from 'zod'
import { isObject } from './json.ts'

/** A JSON Schema of draft 2020-12, the dialect of OpenAPI 3.1. */
export type JsonSchema = Readonly<Record<string, unknown>>

/** Collects the schemas that shapes name with `meta({ id })`. The document has each of them once. */
export class SchemaCollection {
  readonly named: Record<string, JsonSchema> = {}

  /** Returns the schema of a shape. It refers to named schemas. */
  add(shape: z.ZodType, io: 'input' | 'output'): JsonSchema {
    const {
      $defs,
      $schema: _,
      ...schema
    } = z.toJSONSchema(shape, {
      io,
      unrepresentable: 'any',
      override: (context) => {
        withoutSafeLimits(context)
        const description = descriptions.get(context.zodSchema)
        if (description) Object.assign(context.jsonSchema, this.add(description, io))
      },
    })
    for (const [name, definition] of Object.entries($defs ?? {})) {
      this.named[name] ??= referring(definition)
    }
    const id = shape.meta()?.id
    if (id === undefined) return referring(schema)
    const { id: _id, ...rest } = schema
    this.named[id] ??= referring(rest)
    return reference(id)
  }
}

const descriptions = new WeakMap<object, z.ZodType>()

/** Parses with `shape`, documents as `description`. */
export function describedAs<Shape extends z.ZodType>(shape: Shape, description: z.ZodType): Shape {
  descriptions.set(shape, description)
  return shape
}

/** Returns a reference to a named schema. */
export function reference(name: string): JsonSchema {
  return { $ref: `#/components/schemas/${name}` }
}

type Override = NonNullable<NonNullable<Parameters<typeof z.toJSONSchema>[1]>['override']>

/** Removes the limits of safe integers. zod gives them to every whole number, so they tell a reader nothing. */
const withoutSafeLimits: Override = ({ jsonSchema }) => {
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
}

/** Returns a schema with OpenAPI's references in place of zod's. */
function referring(schema: object): JsonSchema {
  const convert = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(convert)
    if (!isObject(value)) return value
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, part]) => part !== undefined)
        .map(([key, part]) =>
          key === '$ref' && typeof part === 'string'
            ? [key, part.replace('#/$defs/', '#/components/schemas/')]
            : [key, convert(part)],
        ),
    )
  }
  const converted = convert(schema)
  return isObject(converted) ? converted : {}
}
