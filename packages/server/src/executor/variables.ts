import {
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLSchema,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  type OperationDefinitionNode,
  typeFromAST,
  valueFromAST,
} from 'graphql'

type Values = Readonly<Record<string, unknown>>

/** A variable's value as resolvers get it; `refused` where it is not of its type, or may not be. */
type Coerce = (value: unknown) => unknown

/** Left to the executor, which then says what is wrong. */
export const refused = Symbol('refused')

/** The variables of an operation as resolvers get them, or `refused`. */
export type ReadVariables = (values: Values) => Record<string, unknown> | typeof refused

/** @throws TypeError where a variable has no type for inputs. */
export function compileVariables(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
): ReadVariables {
  const variables = variableDefinitions.map(({ variable, type: typeNode, defaultValue }) => {
    const type = typeFromAST(schema, typeNode)
    if (!isInputType(type)) throw new TypeError(`$${variable.name.value} has no type for inputs.`)
    const absent = () => (defaultValue ? valueFromAST(defaultValue, type) : undefined)
    const required = !defaultValue && isNonNullType(type)
    return { name: variable.name.value, coerce: compileInput(type, new Map()), absent, required }
  })
  return (values) => {
    const coerced: Record<string, unknown> = {}
    for (const { name, coerce, absent, required } of variables) {
      const given = Object.hasOwn(values, name)
      const value = given ? coerce(values[name]) : required ? refused : absent()
      if (value === refused) return refused
      if (given || value !== undefined) coerced[name] = value
    }
    return coerced
  }
}

type Known = Map<GraphQLInputObjectType, Coerce>

function compileInput(type: GraphQLInputType, known: Known): Coerce {
  if (isNonNullType(type)) {
    const coerce = compileInput(type.ofType, known)
    return (value) => (value == null ? refused : coerce(value))
  }
  if (isListType(type)) return compileListInput(compileInput(type.ofType, known))
  if (isInputObjectType(type)) return compileObjectInput(type, known)
  return (value) => {
    if (value == null) return null
    try {
      return type.parseValue(value) ?? refused
    } catch {
      return refused
    }
  }
}

function compileListInput(coerce: Coerce): Coerce {
  return (value) => {
    if (value == null) return null
    const items = (Array.isArray(value) ? value : [value]).map((item) => coerce(item))
    return items.includes(refused) ? refused : items
  }
}

function compileObjectInput(type: GraphQLInputObjectType, known: Known): Coerce {
  const earlier = known.get(type)
  if (earlier) return earlier
  const names = new Set(Object.keys(type.getFields()))
  // Of these the executor takes what an object inherits; of the others it counts the fields.
  const beyondPlans = type.isOneOf || [...names].some((name) => name in Object.prototype)
  const fields: { name: string; coerce: Coerce; absent: unknown }[] = []

  const coerceObject: Coerce = (value) => {
    if (value == null) return null
    if (beyondPlans || !isPlainObject(value)) return refused
    if (!Object.keys(value).every((name) => names.has(name))) return refused
    const coerced: Record<string, unknown> = {}
    for (const { name, coerce, absent } of fields) {
      const given = value[name]
      const result = given === undefined ? absent : coerce(given)
      if (result === refused) return refused
      if (result !== undefined) coerced[name] = result
    }
    return coerced
  }
  known.set(type, coerceObject)
  for (const field of Object.values(type.getFields())) {
    const { name, defaultValue } = field
    const absent = defaultValue === undefined && isNonNullType(field.type) ? refused : defaultValue
    fields.push({ name, coerce: compileInput(field.type, known), absent })
  }
  return coerceObject
}

function isPlainObject(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}
