import fc from 'fast-check'
import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
} from 'graphql'

/** A document with values for its variables: most are valid. */
export interface GeneratedRequest {
  readonly query: string
  readonly variables: Record<string, unknown>
}

/** Documents for a schema, with what they have in fragments, directives, aliases and variables. */
export function requestsFor(schema: GraphQLSchema): fc.Arbitrary<GeneratedRequest> {
  return fc.gen().map((gen) => createRequest(schema, gen))
}

/** Texts that GraphQL, JSON or JavaScript may take for more than text. */
const texts = [
  '',
  'é',
  'Cat',
  'Dog',
  'error',
  'several-reject',
  '__proto__',
  '"\\',
  '\u0000',
  'line\nend',
  '🦊',
  '%s',
]
const aliases = [
  'constructor',
  'toString',
  '__proto__',
  'hasOwnProperty',
  'data',
  'errors',
  'catch',
  'finally',
]
const wrongValues = [null, 1.5, 'wrong', [], {}, [null], true, 2 ** 40, { x: 'x' }, { __typename: 1 }]

function createRequest(schema: GraphQLSchema, gen: fc.GeneratorValue): GeneratedRequest {
  const fragments: string[] = []
  const definitions: string[] = []
  const variables: Record<string, unknown> = {}
  let count = 0

  const chance = (percent: number) => gen(fc.integer, { min: 0, max: 99 }) < percent
  const oneOf = <Value>(values: readonly Value[]): Value =>
    values[gen(fc.nat, { max: values.length - 1 })] as Value
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
      const name = unique('F')
      fragments.push(`fragment ${name} on ${on.name} ${body}`)
      return `...${name}${directive()}`
    }
    const known = isUnionType(type) || !('getFields' in type) ? [] : Object.values(type.getFields())
    const fields = known.filter((field) => depth > 0 || isLeafType(getNamedType(field.type))) as GraphQLField<
      unknown,
      unknown
    >[]
    if (fields.length === 0 || chance(10)) return `__typename${directive()}`
    return fieldText(oneOf(fields), depth)
  }

  function fieldText(field: GraphQLField<unknown, unknown>, depth: number): string {
    const args = field.args.filter((arg) => isRequired(arg) || chance(60)).map(argument)
    // One name for different arguments is not valid: most have a name of their own.
    const alias = chance(args.length > 0 ? 90 : 30) ? `${chance(10) ? oneOf(aliases) : unique('a')}: ` : ''
    const type = getNamedType(field.type)
    const below = isLeafType(type) ? '' : ` ${selectionSet(type, depth - 1)}`
    return `${alias}${field.name}${args.length > 0 ? `(${args.join(', ')})` : ''}${directive()}${below}`
  }

  function directive(): string {
    if (!chance(15)) return ''
    const condition = chance(50) ? String(chance(50)) : variable('Boolean!', () => chance(50))
    return ` @${oneOf(['skip', 'include'])}(if: ${condition})`
  }

  function argument({ name, type }: GraphQLArgument): string {
    return `${name}: ${chance(50) ? variable(String(type), () => value(type, 2)) : literal(value(type, 2), type)}`
  }

  function variable(type: string, make: () => unknown): string {
    const name = unique('v')
    definitions.push(`$${name}: ${type}`)
    if (!chance(8)) variables[name] = chance(6) ? oneOf(wrongValues) : make()
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

  function leaf(type: string): unknown {
    if (type === 'Boolean') return chance(50)
    if (type === 'Even') return 2 * gen(fc.integer, { min: -2, max: 2 })
    if (type === 'Float') return gen(fc.double, { noNaN: true, noDefaultInfinity: true })
    if (type === 'Int' || (type === 'ID' && chance(50))) return gen(fc.integer, { min: -2, max: 4 })
    return oneOf(texts)
  }

  const root = chance(75) ? schema.getQueryType() : schema.getMutationType()
  if (!isObjectType(root)) throw new TypeError('The schema has no such operation.')
  const body = selectionSet(root, 3)
  const head = `${root === schema.getQueryType() ? 'query' : 'mutation'} ${chance(50) ? 'Named' : ''}`
  const parameters = definitions.length > 0 ? `(${definitions.join(', ')})` : ''
  return { query: [`${head}${parameters} ${body}`, ...fragments].join('\n'), variables }
}

function isRequired({ type, defaultValue }: { type: GraphQLInputType; defaultValue?: unknown }): boolean {
  return isNonNullType(type) && defaultValue === undefined
}

/** A value as a document has it. */
function literal(value: unknown, type: GraphQLInputType): string {
  if (isNonNullType(type)) return literal(value, type.ofType)
  if (value === null || value === undefined) return 'null'
  if (isEnumType(type)) return String(value)
  if (isListType(type) && Array.isArray(value)) {
    return `[${value.map((item) => literal(item, type.ofType)).join(', ')}]`
  }
  if (isInputObjectType(type)) {
    const fields = type.getFields()
    const parts = Object.entries(value).map(([name, part]) => {
      const field = fields[name]
      return `${name}: ${field ? literal(part, field.type) : JSON.stringify(part)}`
    })
    return `{${parts.join(', ')}}`
  }
  return JSON.stringify(value)
}
