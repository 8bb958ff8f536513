import type { ExecutionContext } from '@graphql-tools/executor'
import type { GraphQLResolveInfo } from 'graphql'

/** One run of an operation. */
export type Execution = ExecutionContext

/** A place in the response. */
export type Path = GraphQLResolveInfo['path']

/** Promises, and what the executor takes for one. */
export function isPromise<Value>(value: unknown): value is Promise<Value> {
  return (value as { then?: unknown } | null | undefined)?.then != null
}
