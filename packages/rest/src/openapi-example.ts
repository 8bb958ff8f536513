import { isObject } from './json.ts'
import type { JsonSchema } from './json-schema.ts'

/** Schemas by name, to which others refer. */
type Named = Readonly<Record<string, JsonSchema>>

/**
 * Returns an example for a schema: the schema's own, if it has one. The example of an object has the properties that are
 * required or have an example. It leaves out what few requests need, such as a dry run.
 */
export function exampleOf(schema: unknown, named: Named): unknown {
  const { examples, type, properties, required, items } = plain(schema, named)
  if (Array.isArray(examples)) return examples[0]
  if (type === 'array') return [exampleOf(items, named)]
  if (!isObject(properties)) return typeof type === 'string' ? ofType[type] : null
  const isShown = ([name, property]: [string, unknown]) =>
    (Array.isArray(required) && required.includes(name)) || 'examples' in plain(property, named)
  const shown = Object.entries(properties).filter(isShown)
  return Object.fromEntries(shown.map(([name, property]) => [name, exampleOf(property, named)]))
}

const ofType: Readonly<Record<string, unknown>> = {
  string: 'text',
  integer: 1,
  number: 1,
  boolean: true,
  object: {},
}

/** Follows a reference, and takes the first choice of an `anyOf`, such as a type that may be null. */
function plain(schema: unknown, named: Named): JsonSchema {
  if (!isObject(schema) || 'examples' in schema) return isObject(schema) ? schema : {}
  const { $ref, anyOf } = schema
  if (typeof $ref === 'string') return plain(named[$ref.slice($ref.lastIndexOf('/') + 1)], named)
  return Array.isArray(anyOf) ? plain(anyOf[0], named) : schema
}
