import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  isIntrospectionType,
  isObjectType,
} from 'graphql'
import { isPromise, listOf, settleList } from './settle-lists.ts'

const guarded = new WeakSet<GraphQLFieldResolver<unknown, unknown>>()

/** Changes the resolvers of a schema, once, so that lists are as graphql-js needs them. */
export function guardResolvers(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || isIntrospectionType(type)) continue
    for (const field of Object.values(type.getFields())) guard(field)
  }
}

function guard(field: GraphQLField<unknown, unknown>): void {
  const list = listOf(field.type)
  const { resolve = defaultFieldResolver } = field
  if (!list || guarded.has(resolve)) return
  field.resolve = (...args) => {
    const value: unknown = resolve(...args)
    return isPromise(value) ? value.then((items) => settleList(list, items)) : settleList(list, value)
  }
  guarded.add(field.resolve)
}
