import {
  type ArgumentNode,
  type FieldNode,
  type GraphQLArgument,
  GraphQLError,
  type GraphQLField,
  isNonNullType,
  Kind,
  print,
  valueFromAST,
} from 'graphql'

type Variables = Readonly<Record<string, unknown>>

/** The values of a field's arguments for a request's variables. @throws GraphQLError */
export type ReadArguments = (variables: Variables) => Record<string, unknown>

export function compileArguments({ args }: GraphQLField<unknown, unknown>, node: FieldNode): ReadArguments {
  if (args.length === 0) return () => ({})
  const given = args.map((argument) => {
    const argumentNode = node.arguments?.find(({ name }) => name.value === argument.name)
    return { argument, argumentNode }
  })
  return (variables) => {
    const values: Record<string, unknown> = {}
    for (const { argument, argumentNode } of given) {
      const value = argumentNode
        ? givenValue(argument, argumentNode, variables)
        : defaultOf(argument, node, () => 'was not provided.')
      if (value !== undefined) values[argument.name] = value
    }
    return values
  }
}

/** As in graphql-js, of which the messages are. */
function givenValue(argument: GraphQLArgument, { value: node }: ArgumentNode, variables: Variables): unknown {
  const { name, type } = argument
  let isNull = node.kind === Kind.NULL
  if (node.kind === Kind.VARIABLE) {
    const variable = node.name.value
    if (!Object.hasOwn(variables, variable)) {
      return defaultOf(
        argument,
        node,
        () => `was provided the variable "$${variable}" which was not provided a runtime value.`,
      )
    }
    isNull = variables[variable] == null
  }
  if (isNull && isNonNullType(type)) {
    throw new GraphQLError(`Argument "${name}" of non-null type "${type}" must not be null.`, { nodes: node })
  }
  const value = valueFromAST(node, type, variables)
  if (value === undefined) {
    throw new GraphQLError(`Argument "${name}" has invalid value ${print(node)}.`, { nodes: node })
  }
  return value
}

function defaultOf(
  { name, type, defaultValue }: GraphQLArgument,
  nodes: FieldNode | ArgumentNode['value'],
  fault: () => string,
): unknown {
  if (defaultValue === undefined && isNonNullType(type)) {
    throw new GraphQLError(`Argument "${name}" of required type "${type}" ${fault()}`, { nodes })
  }
  return defaultValue
}
