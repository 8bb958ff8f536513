import {
  type GraphQLField,
  type GraphQLInterfaceType,
  type GraphQLNamedOutputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
} from 'graphql'
import { type FieldCost, fieldCost, isPage, listDepth, type Place } from './field-cost.ts'

/** A field of a schema, with its cost. */
export interface PricedField extends FieldCost {
  readonly field: GraphQLField<unknown, unknown>
  /** The type of each of its values. */
  readonly type: GraphQLNamedOutputType
}

/** Finds a field by the name of its type and its own name. */
type FindPriced = (typeName: string, fieldName: string) => PricedField | undefined

/** Prices the fields of a schema. @throws Error that names a field whose cost is wrong */
export function priceSchema(schema: GraphQLSchema): FindPriced {
  const allTypes = Object.values(schema.getTypeMap())
  const types = allTypes.filter((type) => isObjectType(type) || isInterfaceType(type))
  const pages = types.filter(isPage)
  const partsOfPages = new Set([...pages, ...pages.map((page) => getNamedType(page.getFields().edges?.type))])

  const placeIn = (type: GraphQLObjectType | GraphQLInterfaceType): Place => {
    if (type === schema.getMutationType()) return 'mutation'
    return partsOfPages.has(type) ? 'page' : 'elsewhere'
  }
  const costIn = (type: GraphQLObjectType | GraphQLInterfaceType, field: GraphQLField<unknown, unknown>) =>
    isIntrospectionType(type)
      ? introspectionCost(field, allTypes.length)
      : fieldCost(type.name, field, placeIn(type))

  const priced = new Map(
    types.map((type) => {
      const fields = Object.values(type.getFields()).map((field) => withCost(field, costIn(type, field)))
      return [type.name, new Map(type === schema.getQueryType() ? [...fields, ...metaFields] : fields)]
    }),
  )
  return (typeName, fieldName) => priced.get(typeName)?.get(fieldName)
}

function withCost(field: GraphQLField<unknown, unknown>, cost: FieldCost): [string, PricedField] {
  return [field.name, { ...cost, field, type: getNamedType(field.type) }]
}

/**
 * A schema is read from memory, and a type has few of the parts that can be selected, so each value counts a tenth.
 * graphql-js refuses introspection documents that go round in a circle.
 */
const metaFields = [SchemaMetaFieldDef, TypeMetaFieldDef].map((field) => withCost(field, inMemory(0.1)))

/** Prices introspection: a schema has its types, and each type has a few of each part. */
function introspectionCost({ name, type }: GraphQLField<unknown, unknown>, typeCount: number): FieldCost {
  if (listDepth(type) === 0) return inMemory(1)
  return inMemory(name === 'types' ? typeCount : 5)
}

function inMemory(size: number): FieldCost {
  return { weight: 0, argumentWeights: {}, size }
}
