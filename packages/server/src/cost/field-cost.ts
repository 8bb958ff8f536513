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
  /** The cost of resolving it, without its values. */
  readonly weight: number | ByArguments
  /** What each of these arguments adds to the weight when given. */
  readonly argumentWeights: Readonly<Record<string, number>>
  /** The most values it has: the items of a list, else 1. Everything that is selected on a value is counted for each. */
  readonly size: number | ByArguments | LargestArgument
}

/** Computes a weight or a number of values from the arguments. The author of the field writes it. */
type ByArguments = (args: Readonly<Record<string, unknown>>) => number

/** The largest of these arguments, each a number or the length of a list, or `otherwise` when none is given. */
interface LargestArgument {
  readonly among: readonly string[]
  /** The least size: 1 for a page, which is a value even without nodes, and 0 for a list. */
  readonly least: 0 | 1
  readonly otherwise: number
}

/** Where the field stands, which decides its weight. */
export type Place = 'mutation' | 'page' | 'elsewhere'

/** A mutation is a transaction of the database. */
export const mutationWeight = 5_000

/** Most objects need a look into the database. */
const objectWeight = 50

/** The assumed size of a page and of another list, when no argument gives one. */
const [pageSize, listSize] = [20, 100]

const amount = z.number().min(0)
const byArguments = z.custom<ByArguments>((value) => typeof value === 'function')

/** The option `cost` with which the field's author sets its cost in the builder. */
const extensionShape = z
  .strictObject({
    weight: z.union([amount, byArguments]).optional(),
    argumentWeights: z.record(z.string(), amount).default({}),
    size: z.union([amount, byArguments]).optional(),
  })
  .default({ argumentWeights: {} })

/**
 * Returns what a field costs: by its extension `cost`, else by its place, type and arguments. The fields of a page's
 * connection are counted where the page's arguments stand.
 *
 * @throws Error that names the field whose extension is wrong
 */
export function fieldCost(typeName: string, field: GraphQLField<unknown, unknown>, place: Place): FieldCost {
  const { data, error } = extensionShape.safeParse(field.extensions.cost)
  if (error) {
    const known =
      '{ weight?: number | function, argumentWeights?: { [name]: number }, size?: number | function }'
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

/** Returns how many lists a type is, one inside the other. */
export function listDepth(type: GraphQLType): number {
  const nullable = getNullableType(type)
  return isListType(nullable) ? 1 + listDepth(nullable.ofType) : 0
}

/** Whether a type is a page in Relay's shape. */
export function isPage(type: GraphQLNamedType): boolean {
  if (!isObjectType(type) && !isInterfaceType(type)) return false
  const { edges, pageInfo } = type.getFields()
  return edges !== undefined && pageInfo !== undefined && listDepth(edges.type) === 1
}
