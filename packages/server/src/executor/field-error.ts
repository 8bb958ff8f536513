import { CRITICAL_ERROR } from '@graphql-tools/executor'
import { coerceError } from '@graphql-tools/executor/execution/coerceError'
import { type FieldNode, type GraphQLOutputType, isNonNullType, locatedError } from 'graphql'
import type { Execution, Path } from './execution.ts'

/** A field or an item of a list, as its errors need it. */
export interface Fallible {
  readonly type: GraphQLOutputType
  readonly nodes: readonly FieldNode[]
}

/** What stands in the place of a value that failed: null. @throws GraphQLError where that may not be null. */
export function failValue(
  thrown: unknown,
  { errors }: Execution,
  { type, nodes }: Fallible,
  path: Path,
): null {
  const error = locatedError(coerceError(thrown), nodes, pathToArray(path))
  if (isNonNullType(type) || error.extensions[CRITICAL_ERROR]) throw error
  errors.push(error)
  return null
}

/** The same for a field, whose resolver may have thrown several errors at once; of none, no field is left. */
export function failField(
  thrown: unknown,
  execution: Execution,
  field: Fallible,
  path: Path,
): null | undefined {
  if (!(thrown instanceof AggregateError)) return failValue(thrown, execution, field, path)
  let result: null | undefined
  for (const error of thrown.errors) result = failValue(error, execution, field, path)
  return result
}

function pathToArray(path: Path): (string | number)[] {
  const keys: (string | number)[] = []
  for (let step: Path | undefined = path; step; step = step.prev) keys.push(step.key)
  return keys.reverse()
}
