import { z } from 'zod'
import type { ValidationError } from './errors.ts'
import { readInput } from './input.ts'

/**
 * Returns a function that checks the input of an app's own mutation. In an input of the graph, null and a field that is
 * left out mean the same: each becomes the one that the field's schema takes.
 *
 * @returns the checked value, or a ValidationError with every faulty field
 */
export function inputReader(
  schema: z.ZodObject,
): (input: unknown) => z.output<z.ZodObject> | ValidationError {
  const takes = (shape: z.core.$ZodType, gap: null | undefined) => z.safeParse(shape, gap).success
  const shapes = Object.entries(schema.shape)
  const nullable = shapes.filter(([, shape]) => takes(shape, null) && !takes(shape, undefined))
  const nulls = Object.fromEntries(nullable.map(([name]) => [name, null]))
  const optional = shapes.filter(([, shape]) => takes(shape, undefined) && !takes(shape, null))
  const refusesNull = new Set(optional.map(([name]) => name))
  return (input) => {
    const fields = { ...nulls, ...(typeof input === 'object' && input) }
    const given = Object.entries(fields).filter(([name, value]) => value !== null || !refusesNull.has(name))
    return readInput(schema, Object.fromEntries(given))
  }
}
