import { limits } from '@shared-ledger/ledger/facts'
import type { z } from 'zod'
import { fieldProblems, unknownField } from './fields.ts'
import { isObject } from './json.ts'
import { type FieldProblem, validationProblem } from './problem.ts'
import { maxErrors } from './problems.ts'

/** What a request contains, before its shapes are checked. */
export interface RawInput {
  readonly params: Readonly<Record<string, string>>
  readonly query: readonly (readonly [name: string, value: string])[]
  readonly body: unknown
  /** Whether the nonce came as Idempotency-Key, alone or in addition to the body. */
  readonly underIdempotencyKey: boolean
}

/**
 * The shapes of a request's parts. A part without a shape has no fields: its query must be empty, and its body is not
 * read.
 */
export type RequestShapes = {
  readonly params?: z.ZodObject
  /** A field `metadata` here accepts `metadata.<key>` in the query, where each key becomes one of an object. */
  readonly query?: z.ZodObject
  readonly body?: z.ZodObject
}

type Part = keyof RequestShapes

/** Checks a request's parts against their shapes. @throws Problem VALIDATION_ERROR that names every faulty field */
export function parseRequest<Shape extends z.ZodType>(
  shape: Shape,
  shapes: RequestShapes,
  { params, query, body }: RawInput,
): z.output<Shape> {
  const parts = { params, query: queryObject(query, shapes.query), body: withShortLists(body) }
  const result = shape.safeParse(parts, { reportInput: true })
  const errors = [
    ...(result.error ? fieldProblems(result.error) : []),
    ...unknownFields(shapes, parts, 'query'),
    ...unknownFields(shapes, parts, 'body'),
  ]
  if (errors.length > 0 || !result.success) throw validationProblem(errors)
  return result.data
}

/** Returns the fields that the shape does not have. A misspelt optional field would otherwise be ignored. */
function unknownFields(shapes: RequestShapes, parts: Record<Part, unknown>, part: Part): FieldProblem[] {
  const known = shapes[part]?.shape ?? {}
  const value = parts[part]
  if (!isObject(value)) return []
  return Object.keys(value)
    .filter((key) => !Object.hasOwn(known, key))
    .slice(0, maxErrors)
    .map((field) => ({ field, message: unknownField }))
}

/** One more than the longest list that a body may have. */
const maxJudgedItems = limits.batchEntries + 1

/** Cuts the lists of a body, so that a list of a million items is not judged item by item. */
function withShortLists(body: unknown): unknown {
  if (!isObject(body)) return body
  return Object.fromEntries(
    Object.entries(body).map(([key, value]) => [
      key,
      Array.isArray(value) ? value.slice(0, maxJudgedItems) : value,
    ]),
  )
}

/** Returns a query as an object. A repeated name becomes a list. */
function queryObject(query: RawInput['query'], shape: z.ZodObject | undefined): Record<string, unknown> {
  if (!shape || !Object.hasOwn(shape.shape, 'metadata')) return valuesByName(query)
  const prefix = 'metadata.'
  const filters = query.filter(([name]) => name.startsWith(prefix))
  const others = valuesByName(query.filter(([name]) => !name.startsWith(prefix)))
  if (filters.length === 0) return others
  const metadata = valuesByName(filters.map(([name, value]) => [name.slice(prefix.length), value]))
  return { metadata, ...others }
}

function valuesByName(pairs: RawInput['query']): Record<string, unknown> {
  const values = new Map<string, string[]>()
  for (const [name, value] of pairs) values.set(name, [...(values.get(name) ?? []), value])
  return Object.fromEntries([...values].map(([name, given]) => [name, given.length === 1 ? given[0] : given]))
}
