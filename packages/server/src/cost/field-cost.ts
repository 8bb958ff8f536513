import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLType,
  getNamedType,
  getNullableType,
  isInterfaceType,
  isLeafType,
  isListType,
  isObjectType,
  isRequiredArgument,
} from 'graphql'
import { z } from 'zod'

/** What a field costs, where each value of an answer costs 1. */
export interface FieldCost {
  /** What it costs to resolve it, beyond its values. */
  readonly weight: number
  /** What these arguments add to the weight where they are given. */
  readonly argumentWeights: Readonly<Record<string, number>>
  /** How many values it has at most: the items of a list, else 1. What is asked of a value is asked of each. */
  readonly size: number | ByArguments | LargestArgument
}

/** What the field's author makes of its arguments. */
export type ByArguments = (args: Readonly<Record<string, unknown>>) => number

/** The largest of these arguments, a number or the length of a list; another number where none is given. */
export interface LargestArgument {
  readonly among: readonly string[]
  /** A page without nodes is a value all the same; a list without items is none. */
  readonly least: 0 | 1
  readonly otherwise: number
}

/** Where the field stands, which says what it weighs. */
export type Place = 'mutation' | 'page' | 'elsewhere'

/** A mutation is a transaction of the database. */
export const mutationWeight = 5_000

/** An object is hardly ever there without a look into it. */
const objectWeight = 50

/** The nodes of a page, and the items of another list, where nothing says how many. */
const [pageSize, listSize] = [20, 100]

const amount = z.number().min(0)
const byArguments = z.custom<ByArguments>((value) => typeof value === 'function')

/** What the field's author says by the option `cost` of the builder. */
const extensionShape = z
  .strictObject({
    weight: amount.optional(),
    argumentWeights: z.record(z.string(), amount).default({}),
    size: z.union([amount, byArguments]).optional(),
  })
  .default({ argumentWeights: {} })

/**
 * What a field costs: its extension `cost` says so, or its place, type and arguments. The parts of a page are counted where
 * the page's arguments are.
 *
 * @throws Error that names the field whose extension is wrong.
 */
export function fieldCost(typeName: string, field: GraphQLField<unknown, unknown>, place: Place): FieldCost {
  const { data, error } = extensionShape.safeParse(field.extensions.cost)
  if (error) {
    const known = '{ weight?: number, argumentWeights?: { [name]: number }, size?: number | function }'
    throw new Error(`The cost of ${typeName}.${field.name} must be ${known}`)
  }
  const {
    weight = weightOf(field, place),
    argumentWeights,
    size = place === 'page' ? 1 : sizeOf(field),
  } = data
  return { weight, argumentWeights, size }
}

function weightOf({ type }: GraphQLField<unknown, unknown>, place: Place): number {
  if (place === 'mutation') return mutationWeight
  return place === 'page' || isLeafType(getNamedType(type)) ? 0 : objectWeight
}

function sizeOf({ type, args }: GraphQLField<unknown, unknown>): FieldCost['size'] {
  const depth = listDepth(type)
  if (depth === 0 && !isPage(getNamedType(type))) return 1
  const isSizing = (argument: GraphQLArgument) =>
    /^(?:first|last|limit)$/.test(argument.name) ||
    (depth > 0 && isRequiredArgument(argument) && listDepth(argument.type) > 0)
  return {
    among: args.filter(isSizing).map(({ name }) => name),
    least: depth === 0 ? 1 : 0,
    otherwise: depth === 0 ? pageSize : listSize ** depth,
  }
}

/** How many lists a type is, one in the other. */
export function listDepth(type: GraphQLType): number {
  const nullable = getNullableType(type)
  return isListType(nullable) ? 1 + listDepth(nullable.ofType) : 0
}

/** Whether a type is a page in the shape that Relay knows. */
export function isPage(type: GraphQLNamedType): boolean {
  if (!isObjectType(type) && !isInterfaceType(type)) return false
  const { edges, pageInfo } = type.getFields()
  return edges !== undefined && pageInfo !== undefined && listDepth(edges.type) === 1
}
