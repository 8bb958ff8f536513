import type { z } from 'zod'
import type { FieldProblem } from './problem.ts'

/**
 * Returns REST's name for a field of the graph: `entries.2.ownerId` becomes `entries.2.owner_id`. Keys inside
 * `metadata` stay unchanged.
 */
export function restFieldName(field: string): string {
  const path = field.split('.')
  const metadata = path.indexOf('metadata')
  return path
    .map((name, index) =>
      metadata >= 0 && index > metadata
        ? name
        : name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    )
    .join('.')
}

/** Returns the faults that a request's shape found, by field. A part that is not an object is named as a whole. */
export function fieldProblems(error: z.ZodError): FieldProblem[] {
  return error.issues.flatMap((issue) => {
    const [part, ...path] = issue.path.map(String)
    const field = path.join('.') || part || 'request'
    if (issue.code !== 'unrecognized_keys') return [{ field, message: issueMessage(issue) }]
    return issue.keys.map((key) => ({ field: [...path, key].join('.'), message: unknownField }))
  })
}

/** The message for a field that a request's shape does not have. */
export const unknownField = 'is not a field of this request'

const names: Readonly<Record<string, string>> = {
  string: 'a string',
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  object: 'an object',
  array: 'an array',
}

function issueMessage(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') {
    if (issue.input === undefined) return 'is required'
    return `must be ${names[issue.expected] ?? issue.expected}`
  }
  if (issue.code === 'invalid_value') {
    if (issue.input === undefined) return 'is required'
    return `must be one of ${issue.values.map(String).join(', ')}`
  }
  if (issue.code === 'too_big' && issue.origin === 'int') return 'must be within ±(2^53 - 1)'
  return issue.message
}
