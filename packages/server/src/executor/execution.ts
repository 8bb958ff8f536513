import type { ExecutionContext } from '@graphql-tools/executor'
import type { GraphQLResolveInfo } from 'graphql'

/** One run of an operation. */
export type Execution = ExecutionContext

/** A place in the response. */
export type Path = GraphQLResolveInfo['path']
