import type { GraphQLFormattedError } from 'graphql'
import { z } from 'zod'
import { restFieldName } from './fields.ts'
import { type Refusal, refusalData, restEntry } from './graph.ts'
import { isObject } from './json.ts'
import { type FieldProblem, Problem, problem, validationProblem } from './problem.ts'

/** The refusal in a result's data, if a mutation of the document refused. */
export function findRefusal(data: unknown): Refusal | undefined {
  if (!isObject(data)) return undefined
  const refused = Object.values(data).find((value) => isObject(value) && 'refusal' in value)
  return refused === undefined ? undefined : refusalData.parse(refused)
}

/** A mutation's refusal as REST answers it. */
export function refusalProblem({ code, message, errors, balance, entry }: Refusal): Problem {
  if (errors) return validationProblem(errors.map(renamed))
  return new Problem(code, message, {
    ...(balance && { balance: balance.amount }),
    ...(entry && { entry: restEntry(entry) }),
  })
}

const fieldErrors = z.array(z.object({ field: z.string(), message: z.string() }))

/** The first of a result's `errors[]` as REST answers it, by its `extensions.code`. */
export function graphProblem({
  message,
  extensions,
}: Pick<GraphQLFormattedError, 'message' | 'extensions'>): Problem {
  const code = extensions?.code
  if (code === 'BAD_USER_INPUT') return validationProblem([coercionProblem(message)])
  const errors = fieldErrors.safeParse(extensions?.errors)
  if (errors.success) return validationProblem(errors.data.map(renamed))
  return typeof code === 'string' ? new Problem(code, message) : problem('INTERNAL_ERROR')
}

function renamed({ field, message }: FieldProblem): FieldProblem {
  return { field: restFieldName(field.replace(/^input\./, '')), message }
}

/** graphql-js says in the message alone which variable, and where in it, has not its type. */
function coercionProblem(message: string): FieldProblem {
  const place = message.slice(Math.max(message.lastIndexOf(' at "'), 0))
  const field = /^(?: at "|Variable "\$)([^"]+)"/.exec(place)?.[1] ?? 'input'
  const reason = /; (.+)$/s.exec(place)?.[1] ?? 'has not the right type'
  return renamed({ field, message: reason })
}
