import fc from 'fast-check'
import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  type GraphQLType,
  getNamedType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isUnionType,
  OperationTypeNode,
} from 'graphql'

/** A request for one operation of a document, with values for its variables: most are valid. */
interface GeneratedRequest {
  readonly query: string
  readonly variables: Record<string, unknown>
  readonly operationName?: string
  readonly accept: string
}

/** Documents for a schema, with what they have in operations, fragments, directives, aliases and variables. */
export function requestsFor(schema: GraphQLSchema): fc.Arbitrary<GeneratedRequest> {
  return fc.gen().map((gen) => createRequest(schema, gen))
}

/** Texts that GraphQL, JSON or JavaScript may take for more than text, and ways in which the schema's fields fail. */
const texts = ['', 'é', 'Cat', 'Dog', '__proto__', '"\\', '\u0000', 'line\nend', '🦊', '%s']
  .concat('error', 'several-reject', 'late', 'none', 'half', 'lateHalf', 'rejections')
  .concat('failing', 'wrong', 'rejected', 'thrown', 'nothing')

/** Names that JavaScript has other uses for. */
const specialNames = Object.getOwnPropertyNames(Object.prototype)
  .concat(
    'then',
    'catch',
    'finally',
    'toJSON',
    'length',
    'name',
    'prototype',
    'arguments',
    'undefined',
    'NaN',
  )
  .concat('data', 'errors')

const wrongValues = [null, 1.5, 'wrong', [], {}, [null], true, 2 ** 40, { x: 'x' }, { __typename: 1 }]

const rootTypes = Object.values(OperationTypeNode)

/** An operation, with values for its variables. */
interface Operation {
  readonly name: string
  readonly text: string
  readonly variables: Record<string, unknown>
  readonly isSubscription: boolean
}

function createRequest(schema: GraphQLSchema, gen: fc.GeneratorValue): GeneratedRequest {
  const { chance, oneOf } = choicesOf(gen)
  const several = chance(40)
  const operations: Operation[] = []
  for (let index = 0; index < (several ? 2 : 1); index += 1) {
    const name = several || chance(50) ? `Named${index}` : ''
    const otherNames = operations.flatMap(({ variables }) => Object.keys(variables))
    operations.push(createOperation(schema, gen, name, otherNames))
  }
  const chosen = oneOf(operations)
  const saysWhich = chosen.name !== '' && chance(several ? 95 : 30)
  return {
    query: operations.map(({ text }) => text).join('\n'),
    // The same names have other types, and other uses, in other operations.
    variables: Object.fromEntries(
      [...operations, chosen].flatMap(({ variables }) => Object.entries(variables)),
    ),
    ...(saysWhich && { operationName: chosen.name }),
    accept: chosen.isSubscription && chance(80) ? 'text/event-stream' : 'application/json',
  }
}

/** @param otherNames Names of the variables of other operations in the document. */
function createOperation(
  schema: GraphQLSchema,
  gen: fc.GeneratorValue,
  operationName: string,
  otherNames: readonly string[],
): Operation {
  const fragments: string[] = []
  const definitions = new Map<string, string>()
  const variables: Record<string, unknown> = Object.create(null)
  let count = 0

  const { chance, oneOf } = choicesOf(gen)
  const unique = (prefix: string) => {
    count += 1
    return `${prefix}${count}`
  }

  function selectionSet(type: GraphQLNamedType, depth: number): string {
    const parts = Array.from({ length: 1 + gen(fc.nat, { max: 3 }) }, () => selection(type, depth))
    return `{ ${parts.join(' ')} }`
  }

  function selection(type: GraphQLNamedType, depth: number): string {
    if (depth > 0 && chance(20)) {
      const possible: GraphQLNamedType[] = isAbstractType(type)
        ? [type, ...schema.getPossibleTypes(type)]
        : [type]
      const on = oneOf(possible)
      const body = selectionSet(on, depth - 1)
      if (chance(50)) return `... on ${on.name}${directive()} ${body}`
      const name = unique(`F${operationName}`)
      fragments.push(`fragment ${name} on ${on.name} ${body}`)
      return `...${name}${directive()}`
    }
    const known = isUnionType(type) || !('getFields' in type) ? [] : Object.values(type.getFields())
    const fields = known.filter((field) => depth > 0 || isLeafType(getNamedType(field.type))) as GraphQLField<
      unknown,
      unknown
    >[]
    if (fields.length === 0 || chance(10)) return `__typename${directive()}`
    // A scalar that takes any value has the objects that others refuse.
    const takers = fields.filter(({ args }) => args.some((arg) => String(arg.type) === 'Anything'))
    return fieldText(oneOf(takers.length > 0 && chance(25) ? takers : fields), depth)
  }

  function fieldText(field: GraphQLField<unknown, unknown>, depth: number): string {
    const args = field.args.filter((arg) => isRequired(arg) || chance(60)).map(argument)
    // One name for different arguments is not valid: most have a name of their own.
    const alias = chance(args.length > 0 ? 90 : 30)
      ? `${chance(20) ? oneOf(specialNames) : unique('a')}: `
      : ''
    const type = getNamedType(field.type)
    const below = isLeafType(type) ? '' : ` ${selectionSet(type, depth - 1)}`
    return `${alias}${field.name}${args.length > 0 ? `(${args.join(', ')})` : ''}${directive()}${below}`
  }

  function directive(): string {
    if (!chance(20)) return ''
    const condition = chance(50) ? String(chance(50)) : variable('Boolean!', () => chance(50))
    return ` @${oneOf(['skip', 'include'])}(if: ${condition})`
  }

  function argument({ name, type }: GraphQLArgument): string {
    return `${name}: ${chance(50) ? variable(String(type), () => value(type, 2)) : literal(value(type, 2), type)}`
  }

  function variable(type: string, make: () => unknown): string {
    const known = oneOf(chance(80) && otherNames.length > 0 ? otherNames : specialNames)
    const name = chance(70) && !definitions.has(known) ? known : unique('v')
    definitions.set(name, type)
    if (!chance(8)) variables[name] = chance(6) ? wrongValue() : make()
    return `$${name}`
  }

  function value(type: GraphQLInputType, depth: number): unknown {
    if (isNonNullType(type)) return value(type.ofType, depth)
    if (chance(8)) return null
    if (isListType(type)) {
      return Array.from({ length: gen(fc.nat, { max: 2 }) }, () => value(type.ofType, depth))
    }
    if (isEnumType(type)) return oneOf(type.getValues()).name
    if (!isInputObjectType(type)) return leaf(type.name)
    const fields = Object.values(type.getFields()).filter(
      (field) => isRequired(field) || (depth > 0 && chance(40)),
    )
    return Object.fromEntries(fields.map((field) => [field.name, value(field.type, depth - 1)]))
  }

  function wrongValue(): unknown {
    return chance(50) ? oneOf(wrongValues) : specialObject()
  }

  /** An object that may have every name that objects have without it. */
  function specialObject(): object {
    const names = specialNames.filter(() => chance(50))
    return Object.fromEntries(names.map((name) => [name, oneOf([...texts, ...wrongValues])]))
  }

  function leaf(type: string): unknown {
    if (type === 'Anything' && chance(60)) return specialObject()
    if (type === 'Boolean') return chance(50)
    if (type === 'Even') return 2 * gen(fc.integer, { min: -2, max: 2 })
    if (type === 'Float') return gen(fc.double, { noNaN: true, noDefaultInfinity: true })
    if (type === 'Int' || (type === 'ID' && chance(50))) return gen(fc.integer, { min: -2, max: 4 })
    return oneOf(texts)
  }

  function subscriptionRoot(type: GraphQLObjectType): string {
    const [field] = Object.values(type.getFields()).filter(({ args }) => args.length > 0)
    if (!field) throw new TypeError('The schema has no subscription with an argument.')
    const body = `{ ${fieldText(field, 1)} }`
    if (chance(80)) return body
    const name = unique(`F${operationName}`)
    fragments.push(`fragment ${name} on ${type.name} ${body}`)
    return `{ ...${name}${directive()} }`
  }

  const kind = chance(70)
    ? OperationTypeNode.QUERY
    : oneOf(rootTypes.filter((type) => schema.getRootType(type)))
  const root = schema.getRootType(kind)
  if (!root) throw new TypeError('The schema has no query.')
  const body = kind === 'subscription' ? subscriptionRoot(root) : selectionSet(root, 3)
  const list = [...definitions].map(([name, type]) => `$${name}: ${type}`)
  const parameters = list.length > 0 ? `(${list.join(', ')})` : ''
  const text = [`${kind} ${operationName}${parameters} ${body}`, ...fragments].join('\n')
  return { name: operationName, text, variables, isSubscription: kind === 'subscription' }
}

function choicesOf(gen: fc.GeneratorValue) {
  return {
    chance: (percent: number) => gen(below, 100) < percent,
    oneOf: <Value>(values: readonly Value[]): Value => values[gen(below, values.length)] as Value,
  }
}

/** All numbers below a bound alike: those of `fc.nat` are small more often than not. */
const below = (bound: number) => fc.constantFrom(...Array(bound).keys())

function isRequired({ type, defaultValue }: { type: GraphQLInputType; defaultValue?: unknown }): boolean {
  return isNonNullType(type) && defaultValue === undefined
}

/** A value as a document has it. */
function literal(value: unknown, type?: GraphQLType): string {
  if (isNonNullType(type)) return literal(value, type.ofType)
  if (value === null || value === undefined) return 'null'
  if (isEnumType(type)) return String(value)
  if (Array.isArray(value)) {
    const itemType = isListType(type) ? type.ofType : undefined
    return `[${value.map((item) => literal(item, itemType)).join(', ')}]`
  }
  if (typeof value === 'object') {
    const fields = isInputObjectType(type) ? type.getFields() : undefined
    const parts = Object.entries(value).map(
      ([name, part]) => `${name}: ${literal(part, fields?.[name]?.type)}`,
    )
    return `{${parts.join(', ')}}`
  }
  return JSON.stringify(value)
}
