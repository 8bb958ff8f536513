import { defaultFieldResolver, getFieldDef } from '@graphql-tools/executor'
import {
  type FieldNode,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  isAbstractType,
  isObjectType,
} from 'graphql'
import { compileArguments, type ReadArguments } from './arguments.ts'
import { collectFields } from './collect-fields.ts'
import { type Complete, compileCompletion } from './completion.ts'
import type { Execution } from './execution.ts'
import type { Fallible } from './field-error.ts'

/** What to do for one field of a selection: all that depends neither on the data nor on a request. */
export interface FieldPlan extends Fallible {
  readonly responseName: string
  readonly nodes: FieldNode[]
  readonly definition: GraphQLField<unknown, unknown>
  readonly resolve: GraphQLFieldResolver<unknown, unknown>
  readonly readArguments: ReadArguments
  readonly parentType: GraphQLObjectType
  readonly complete: Complete
}

/** The fields to resolve on one object, in the order of the response. */
export type SelectionPlan = readonly FieldPlan[]

/** How many more fields may be planned for a document. */
export interface Budget {
  left: number
}

/**
 * Plans an operation for those values of its variables that @skip and @include look at.
 *
 * @throws where this is beyond a plan; the executor then runs the operation, or says why it cannot.
 */
export function planOperation(
  { schema, fragments, operation, variableValues }: Execution,
  budget: Budget,
): SelectionPlan {
  const collecting = { schema, fragments, variables: variableValues.coerced }

  function planFields(type: GraphQLObjectType, parents: Parameters<typeof collectFields>[2]): SelectionPlan {
    const fields: FieldPlan[] = []
    for (const [responseName, nodes] of collectFields(collecting, type, parents)) {
      const [node] = nodes
      const definition = node && getFieldDef(schema, type, node)
      if (!definition) continue
      if (budget.left === 0) throw new RangeError('The plans of the document are too large.')
      budget.left -= 1
      if (responseName === 'then') throw new TypeError('The executor takes such a result for a promise.')
      fields.push({
        responseName,
        nodes,
        definition,
        type: definition.type,
        resolve: definition.resolve ?? defaultFieldResolver,
        readArguments: compileArguments(definition, node),
        parentType: type,
        complete: compileCompletion(definition.type, {
          nodes,
          selections: planBelow(definition.type, nodes),
        }),
      })
    }
    return fields
  }

  function planBelow(returned: GraphQLOutputType, nodes: FieldNode[]): Map<string, SelectionPlan> {
    const type = getNamedType(returned)
    const types = isObjectType(type) ? [type] : isAbstractType(type) ? schema.getPossibleTypes(type) : []
    return new Map(types.map((possible) => [possible.name, planFields(possible, nodes)]))
  }

  const rootType = schema.getRootType(operation.operation)
  if (!rootType) throw new TypeError(`The schema has no ${operation.operation}.`)
  return planFields(rootType, [operation])
}
