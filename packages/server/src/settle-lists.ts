import {
  type GraphQLList,
  type GraphQLOutputType,
  getNullableType,
  isLeafType,
  isListType,
  isNonNullType,
} from 'graphql'

/** The list that a field of this type has; undefined where it has none. */
export function listOf(type: GraphQLOutputType): GraphQLList<GraphQLOutputType> | undefined {
  const nullable = getNullableType(type)
  return isListType(nullable) ? nullable : undefined
}

/**
 * The value of a list as graphql-js needs it. An item that fails at once ends a list of items that must not be null;
 * nothing handles it then when items before it fail later, and Node ends a process for that. As promises, all items of
 * a list are waited for. An async iterable becomes a list, too, since graphql-js knows none.
 */
export function settleList(list: GraphQLList<GraphQLOutputType>, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Symbol.asyncIterator in value) {
    return collectAsync(value as AsyncIterable<unknown>).then((items) => settleItems(list, items))
  }
  return Symbol.iterator in value ? settleItems(list, collect(value as Iterable<unknown>)) : value
}

function settleItems({ ofType }: GraphQLList<GraphQLOutputType>, items: unknown[]): unknown[] {
  const inner = listOf(ofType)
  if (inner) return items.map(async (item) => settleList(inner, await item))
  const failAtOnce = isLeafType(getNullableType(ofType)) ? items.some(isPromise) : items.length > 1
  return isNonNullType(ofType) && failAtOnce ? items.map((item) => Promise.resolve(item)) : items
}

/** @throws what the iteration throws, with the promises that it gave before handled. */
function collect(iterable: Iterable<unknown>): unknown[] {
  const items: unknown[] = []
  try {
    for (const item of iterable) items.push(item)
    return items
  } catch (error) {
    void Promise.allSettled(items)
    throw error
  }
}

async function collectAsync(iterable: AsyncIterable<unknown>): Promise<unknown[]> {
  const items: unknown[] = []
  for await (const item of iterable) items.push(item)
  return items
}

export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
