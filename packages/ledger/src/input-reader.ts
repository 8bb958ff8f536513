import type { z } from 'zod'
import type { ValidationError } from './errors.ts'
import { readInput } from './input.ts'
import { inputFieldsOf } from './input-fields.ts'

/**
 * Returns a function that checks the input of an app's own mutation. In an input of the graph, null and a field that is
 * left out mean the same: each becomes the one that the field's schema takes.
 *
 * @returns the checked value, or a ValidationError with every faulty field
 * @throws TypeError for a field that `inputFieldsOf` does not take
 */
export function inputReader(
  schema: z.ZodObject,
): (input: unknown) => z.output<z.ZodObject> | ValidationError {
  const described = inputFieldsOf(schema)
  const nullOnly = described.filter(({ takesNull, takesUndefined }) => takesNull && !takesUndefined)
  const nulls = Object.fromEntries(nullOnly.map(({ name }) => [name, null]))
  const refusesNull = new Set(described.filter(({ takesNull }) => !takesNull).map(({ name }) => name))
  return (input) => {
    const fields = { ...nulls, ...(typeof input === 'object' && input) }
    const given = Object.entries(fields).filter(([name, value]) => value !== null || !refusesNull.has(name))
    return readInput(schema, Object.fromEntries(given))
  }
}
