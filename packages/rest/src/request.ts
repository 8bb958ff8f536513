import type { z } from 'zod'
import { fieldProblems, unknownField } from './fields.ts'
import { isObject } from './json.ts'
import { type FieldProblem, validationProblem } from './problem.ts'
import type { RawInput } from './route.ts'

/** The shapes of a request's parts; a part that is left out is not looked at, but for a body's absence. */
export type RequestShapes = {
  readonly params?: z.ZodObject
  readonly query?: z.ZodObject
  readonly body?: z.ZodObject
}

type Part = keyof RequestShapes

/** A request's parts under their shapes. @throws Problem VALIDATION_ERROR that names every faulty field. */
export function parseRequest<Shape extends z.ZodType>(
  shape: Shape,
  shapes: RequestShapes,
  { params, query, body }: RawInput,
): z.output<Shape> {
  const parts = { params, query: queryObject(query, shapes.query), body }
  const result = shape.safeParse(parts, { reportInput: true })
  const errors = [
    ...(result.error ? fieldProblems(result.error) : []),
    ...unknownFields(shapes, parts, 'query'),
    ...unknownFields(shapes, parts, 'body'),
  ]
  if (errors.length > 0 || !result.success) throw validationProblem(errors)
  return result.data
}

/** Fields that the shape of a part has not: a misspelt one must not pass for one left out. */
function unknownFields(shapes: RequestShapes, parts: Record<Part, unknown>, part: Part): FieldProblem[] {
  const shape = shapes[part]
  const value = parts[part]
  if (!shape || !isObject(value)) return []
  return Object.keys(value)
    .filter((key) => !Object.hasOwn(shape.shape, key))
    .slice(0, 20)
    .map((field) => ({ field, message: unknownField }))
}

/** A query as an object: a name given once has its value, one given more often a list. */
function queryObject(query: RawInput['query'], shape: z.ZodObject | undefined): Record<string, unknown> {
  if (!shape) return {}
  const names = new Set(query.map(([name]) => name))
  return Object.fromEntries(
    [...names].map((name) => {
      const values = query.filter((pair) => pair[0] === name).map(([, value]) => value)
      return [name, values.length === 1 ? values[0] : values]
    }),
  )
}
