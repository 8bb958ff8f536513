import { inspect } from 'node:util'
import {
  type FieldNode,
  type GraphQLAbstractType,
  GraphQLError,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql'
import { isPromise } from 'graphql-yoga'
import type { Execution, Path } from './execution.ts'
import { compileList } from './list.ts'
import type { SelectionPlan } from './plan.ts'
import { runSelection } from './run-plan.ts'

/** Makes a resolved value what the response has, or a promise of that. @throws what makes it an error. */
export type Complete = (execution: Execution, info: GraphQLResolveInfo, value: unknown, path: Path) => unknown

/** The field that is completed. */
export interface Completed {
  readonly nodes: readonly FieldNode[]
  /** What it selects, by the name of the object type that a value turns out to have. */
  readonly selections: ReadonlyMap<string, SelectionPlan>
}

export function compileCompletion(type: GraphQLOutputType, field: Completed): Complete {
  if (isNonNullType(type)) return nonNull(compileCompletion(type.ofType, field))
  if (isListType(type)) return nullable(compileList(type.ofType, field))
  if (isLeafType(type)) return nullable(leaf(type))
  return nullable(isObjectType(type) ? object(type, field) : abstract(type, field))
}

function nonNull(complete: Complete): Complete {
  return (execution, info, value, path) => {
    const completed = complete(execution, info, value, path)
    if (completed !== null) return completed
    throw new Error(`Cannot return null for non-nullable field ${info.parentType.name}.${info.fieldName}.`)
  }
}

function nullable(complete: Complete): Complete {
  return (execution, info, value, path) => {
    if (value instanceof Error) throw value
    return value == null ? null : complete(execution, info, value, path)
  }
}

function leaf(type: GraphQLLeafType): Complete {
  return (_execution, _info, value) => {
    const serialized = serialize(type, value)
    if (serialized != null) return serialized
    throw new Error(`${type} cannot represent ${inspect(value)}.`)
  }
}

function serialize(type: GraphQLLeafType, value: unknown): unknown {
  try {
    return type.serialize(value)
  } catch (error) {
    // What a scalar says of a value that the server gave it is not meant for clients.
    throw error instanceof GraphQLError ? new Error(error.message) : error
  }
}

function object(type: GraphQLObjectType, { nodes, selections }: Completed): Complete {
  const selection = selections.get(type.name)
  if (!selection) throw new TypeError(`No selection is planned for ${type}.`)
  return (execution, info, value, path) => {
    const isOfType = type.isTypeOf ? type.isTypeOf(value, execution.contextValue, info) : true
    if (isOfType === true) return runSelection(execution, selection, value, path)
    return isPromise<boolean>(isOfType)
      ? isOfType.then((is) =>
          runSelection(execution, is ? selection : refuse(type, value, nodes), value, path),
        )
      : runSelection(execution, isOfType ? selection : refuse(type, value, nodes), value, path)
  }
}

function refuse(type: GraphQLObjectType, value: unknown, nodes: readonly FieldNode[]): never {
  throw new GraphQLError(`Expected value of type "${type}" but got: ${inspect(value)}.`, { nodes })
}

function abstract(type: GraphQLAbstractType, field: Completed): Complete {
  const byName = new Map<unknown, Complete>()
  return (execution, info, value, path) => {
    const resolveType = type.resolveType ?? execution.typeResolver
    const name: unknown = resolveType(value, execution.contextValue, info, type)
    return isPromise(name)
      ? name.then((resolved) => find(resolved, execution, info)(execution, info, value, path))
      : find(name, execution, info)(execution, info, value, path)
  }

  function find(
    name: unknown,
    { schema }: Execution,
    { parentType, fieldName }: GraphQLResolveInfo,
  ): Complete {
    const known = byName.get(name)
    if (known) return known
    const possible = typeof name === 'string' ? schema.getType(name) : undefined
    if (!isObjectType(possible) || !schema.isSubType(type, possible)) {
      const message = `${parentType.name}.${fieldName} was resolved to ${inspect(name)}, which is no ${type}.`
      throw new GraphQLError(message, { nodes: field.nodes })
    }
    const complete = object(possible, field)
    byName.set(name, complete)
    return complete
  }
}
