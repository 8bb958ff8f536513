import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  isIntrospectionType,
  isObjectType,
} from 'graphql'
import { ClientLeft } from './client-left.ts'
import type { GraphqlServerContext } from './graphql-server-context.ts'
import { isPromise, listOf, settleList } from './settle-lists.ts'

/** Empty when a document runs without a server, for example in an app's tests. */
type Context = Partial<GraphqlServerContext> | undefined

const guarded = new WeakSet<GraphQLFieldResolver<unknown, Context>>()

/**
 * Changes the resolvers of a schema in place. They no longer run for a client that has left, and they return lists in
 * the form that graphql-js needs. Call it once per schema.
 */
export function guardResolvers(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || isIntrospectionType(type)) continue
    for (const field of Object.values(type.getFields())) guard(field)
  }
}

function guard(field: GraphQLField<unknown, Context>): void {
  const list = listOf(field.type)
  // A field without a resolver only reads a property, which costs nothing.
  if (field.resolve ? guarded.has(field.resolve) : !list) return
  const resolve = field.resolve ?? defaultFieldResolver
  field.resolve = (source, args, context, info) => {
    if (context?.hasLeft?.()) throw new ClientLeft()
    const value: unknown = resolve(source, args, context, info)
    if (!list) return value
    return isPromise(value) ? value.then((items) => settleList(list, items)) : settleList(list, value)
  }
  guarded.add(field.resolve)
}
