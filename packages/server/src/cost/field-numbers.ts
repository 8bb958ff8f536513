import {
  type FieldNode,
  GraphQLError,
  type GraphQLSchema,
  getArgumentValues,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  type ValueNode,
} from 'graphql'
import type { PricedField } from './schema-costs.ts'

/** Values of an operation's variables as a client sent them. */
export type VariableValues = Readonly<Record<string, unknown>>

/** Computes the weights and sizes of an operation's fields, with some variables. */
export function createFieldNumbers(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  variables: VariableValues,
) {
  const asked = new Set<string>()
  let asksFunctions = false

  const ofVariable = (name: string, otherwise: number | undefined): number | undefined => {
    asked.add(name)
    if (Object.hasOwn(variables, name)) return numberOf(variables[name])
    const { defaultValue } = variableDefinitions.find(({ variable }) => variable.name.value === name) ?? {}
    return defaultValue ? ofNode(defaultValue, undefined) : otherwise
  }
  const ofNode = (node: ValueNode, otherwise: number | undefined): number | undefined => {
    if (node.kind === Kind.VARIABLE) return ofVariable(node.name.value, otherwise)
    if (node.kind === Kind.NULL) return undefined
    if (node.kind === Kind.LIST) return node.values.length
    return node.kind === Kind.INT ? Number(node.value) : 1
  }
  const ofArgument = (name: string, { field }: PricedField, node: FieldNode): number | undefined => {
    // The argument's default also applies when its variable has no value.
    const byDefault = numberOf(field.args.find((argument) => argument.name === name)?.defaultValue)
    const given = node.arguments?.find((argument) => argument.name.value === name)
    return given ? ofNode(given.value, byDefault) : byDefault
  }

  const coerceVariables = once(
    () => getVariableValues(schema, variableDefinitions, variables, { maxErrors: 1 }).coerced,
  )
  /**
   * Returns the field's arguments, or undefined when execution will refuse them: then nothing of the field is executed.
   */
  const argumentsOf = ({ field }: PricedField, node: FieldNode) => {
    const coerced = coerceVariables()
    try {
      return coerced && getArgumentValues(field, node, coerced)
    } catch (error) {
      if (error instanceof GraphQLError) return undefined
      throw error
    }
  }

  /** Returns what the field's author computes from its arguments, or 0 when execution will refuse them. */
  const computed = (
    compute: (args: Readonly<Record<string, unknown>>) => number,
    priced: PricedField,
    node: FieldNode,
  ): number => {
    asksFunctions = true
    const args = argumentsOf(priced, node)
    return args ? Math.max(0, compute(args)) : 0
  }

  return {
    weight(priced: PricedField, node: FieldNode): number {
      const { weight: given } = priced
      let weight = typeof given === 'function' ? computed(given, priced, node) : given
      for (const [name, more] of Object.entries(priced.argumentWeights)) {
        if (ofArgument(name, priced, node) !== undefined) weight += more
      }
      return weight
    },
    size(priced: PricedField, node: FieldNode): number {
      const { size } = priced
      if (typeof size === 'number') return size
      if (typeof size === 'function') return computed(size, priced, node)
      const given = size.among.flatMap((name) => ofArgument(name, priced, node) ?? [])
      return given.length > 0 ? Math.max(size.least, ...given) : size.otherwise
    },
    /**
     * The variables whose numbers decided all answers so far. Undefined when something other than numbers decided one.
     */
    get asked(): readonly string[] | undefined {
      return asksFunctions ? undefined : [...asked]
    },
  }
}

/** Returns the numbers of variables as a text: the same text means the same sizes and weights. */
export function numbersOf(names: readonly string[], variables: VariableValues): string {
  return names.map((name) => (Object.hasOwn(variables, name) ? `${numberOf(variables[name])}` : '')).join()
}

/**
 * Returns a number or a list's length. Any other value is refused by execution, or counts as given, or as a list of
 * one.
 */
function numberOf(value: unknown): number | undefined {
  if (value === null || value === undefined) return undefined
  if (Array.isArray(value)) return value.length
  return typeof value === 'number' && !Number.isNaN(value) ? value : 1
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
