import type { JsonSchema } from './json-schema.ts'

/** Schemas by name, to which others refer. */
type Named = Readonly<Record<string, JsonSchema>>

/**
 * Returns an example for a schema: the schema's own, if it has one. The example of an object has the properties that are
 * required or have an example. It leaves out what few requests need, such as a dry run.
 */
export function exampleOf(schema: JsonSchema, named: Named): unknown {
  const { examples, type, properties, required, items } = plain(schema, named)
  if (examples) return examples[0]
  if (items) return [exampleOf(items, named)]
  if (!properties) return typeof type === 'string' ? ofType[type] : null
  const shown = Object.entries(properties).filter(
    ([name, property]) => required?.includes(name) || plain(property, named).examples,
  )
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
function plain(schema: JsonSchema, named: Named): JsonSchema {
  const { examples, $ref, anyOf } = schema
  const other = $ref === undefined ? anyOf?.[0] : named[$ref.slice($ref.lastIndexOf('/') + 1)]
  return examples || !other ? schema : plain(other, named)
}
