import { buildResolveInfo } from '@graphql-tools/executor'
import { promiseForObject } from '@graphql-tools/executor/execution/promiseForObject'
import type { ExecutionResult, GraphQLError } from 'graphql'
import { isPromise } from 'graphql-yoga'
import type { Execution, Path } from './execution.ts'
import { failField } from './field-error.ts'
import type { FieldPlan, SelectionPlan } from './plan.ts'

/**
 * Runs an operation by its plan. Promises are chained link for link as @graphql-tools/executor chains them:
 * the order of `errors` follows from it.
 */
export function runPlan(
  execution: Execution,
  plan: SelectionPlan,
): ExecutionResult | Promise<ExecutionResult> {
  const run = execution.operation.operation === 'mutation' ? runSerially : runSelection
  try {
    const data = run(execution, plan, execution.rootValue, undefined)
    return isPromise(data)
      ? data.then(
          (value) => answer(execution, value),
          (error) => fail(execution, error),
        )
      : answer(execution, data)
  } catch (error) {
    return fail(execution, error)
  }
}

function answer({ errors }: Execution, data: unknown): ExecutionResult {
  return (errors.length === 0 ? { data } : { errors, data }) as ExecutionResult
}

function fail(execution: Execution, thrown: unknown): ExecutionResult {
  const { errors } = thrown as { errors?: GraphQLError[] }
  execution.errors.push(...(errors ?? [thrown as GraphQLError]))
  return answer(execution, null)
}

/** Resolves the fields of one object. @throws GraphQLError where a field failed that may not be null. */
export function runSelection(
  execution: Execution,
  plan: SelectionPlan,
  source: unknown,
  path: Path | undefined,
): unknown {
  const results = emptyResult()
  let waiting = false
  try {
    for (const field of plan) {
      const result = runField(execution, field, source, path)
      results[field.responseName] = result
      if (isPromise(result)) waiting = true
    }
  } catch (error) {
    if (waiting) return failWhenSettled(results, error)
    throw error
  }
  return waiting ? promiseForObject(results) : results
}

/** Waits for what the other fields still come to, so that no rejection is left unhandled. */
function failWhenSettled(results: Record<string, unknown>, error: unknown): Promise<never> {
  const fail = () => {
    throw error
  }
  return (promiseForObject(results) as Promise<unknown>).then(fail, fail)
}

/** Resolves the fields of a mutation, each after the one before. */
function runSerially(execution: Execution, plan: SelectionPlan, source: unknown): unknown {
  const results = emptyResult()
  let before: unknown
  for (const field of plan) {
    before = isPromise(before)
      ? before.then(() => keep(results, field, runField(execution, field, source, undefined)))
      : keep(results, field, runField(execution, field, source, undefined))
  }
  return isPromise(before) ? before.then(() => results) : results
}

function keep(results: Record<string, unknown>, field: FieldPlan, result: unknown): unknown {
  if (isPromise(result)) return result.then((value) => keep(results, field, value))
  results[field.responseName] = result
  return undefined
}

function runField(execution: Execution, field: FieldPlan, source: unknown, prev: Path | undefined): unknown {
  const { definition, nodes, parentType } = field
  const path: Path = { prev, key: field.responseName, typename: parentType.name }
  const info = buildResolveInfo(execution, definition, nodes, parentType, path)
  try {
    const values = field.readArguments(execution.variableValues.coerced)
    const result: unknown = field.resolve(source, values, execution.contextValue, info)
    const completed = isPromise(result)
      ? result.then((value) => field.complete(execution, info, value, path))
      : field.complete(execution, info, result, path)
    if (!isPromise(completed)) return completed
    return completed.then(undefined, (error) => failField(error, execution, field, path))
  } catch (error) {
    return failField(error, execution, field, path)
  }
}

class Result {}
Object.setPrototypeOf(Result.prototype, null)
Reflect.deleteProperty(Result.prototype, 'constructor')

/** An object whose every key is a field of the response; of `Object.create(null)` V8 makes a hash table. */
function emptyResult(): Record<string, unknown> {
  return new Result() as Record<string, unknown>
}
