import {
  type GraphQLList,
  type GraphQLOutputType,
  getNullableType,
  isLeafType,
  isListType,
  isNonNullType,
} from 'graphql'

/** Returns the list type of a field's type, or undefined when it is not a list. */
export function listOf(type: GraphQLOutputType): GraphQLList<GraphQLOutputType> | undefined {
  const nullable = getNullableType(type)
  return isListType(nullable) ? nullable : undefined
}

/**
 * Returns a list in the form that graphql-js needs.
 *
 * When items must not be null, graphql-js stops at the first item that fails at once. If an earlier item fails later,
 * nothing handles that rejection, and Node ends the process. As promises, all items are awaited. An async iterable
 * becomes a list too, because graphql-js does not know it.
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

/** Collects the items. @throws the error of the iteration, after it has marked the promises so far as handled */
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
