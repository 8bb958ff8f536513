import { GraphQLError, type GraphQLOutputType, type GraphQLResolveInfo } from 'graphql'
import { isAsyncIterable, isPromise } from 'graphql-yoga'
import { type Complete, type Completed, compileCompletion } from './completion.ts'
import type { Execution, Path } from './execution.ts'
import { type Fallible, failValue } from './field-error.ts'

/** An item's type, with how to complete one. */
interface Item extends Fallible {
  readonly complete: Complete
}

/** Completes lists with items of a type. */
export function compileList(type: GraphQLOutputType, field: Completed): Complete {
  const item: Item = { type, nodes: field.nodes, complete: compileCompletion(type, field) }
  return (execution, info, list, path) => {
    if (isAsyncIterable(list)) return completeAsync(item, execution, info, list, path)
    if (isIterable(list)) return completeSync(item, execution, info, list, path)
    const name = `${info.parentType.name}.${info.fieldName}`
    throw new GraphQLError(`Expected Iterable, but did not find one for field "${name}".`)
  }
}

function completeSync(
  item: Item,
  execution: Execution,
  info: GraphQLResolveInfo,
  list: Iterable<unknown>,
  path: Path,
) {
  const items: unknown[] = []
  try {
    for (const value of list) {
      const place = { prev: path, key: items.length, typename: undefined }
      items.push(completeItem(item, execution, info, value, place))
    }
  } catch (error) {
    // Nobody waits for the items before any more.
    for (const before of items) if (isPromise(before)) before.then(undefined, () => {})
    throw error
  }
  return items.some(isPromise) ? Promise.all(items) : items
}

async function completeAsync(
  item: Item,
  execution: Execution,
  info: GraphQLResolveInfo,
  list: AsyncIterable<unknown>,
  path: Path,
) {
  const items: unknown[] = []
  const iterator = list[Symbol.asyncIterator]()
  while (true) {
    const place = { prev: path, key: items.length, typename: undefined }
    let next: IteratorResult<unknown>
    try {
      next = await iterator.next()
    } catch (error) {
      items.push(failValue(error, execution, item, place))
      break
    }
    if (next.done) break
    items.push(completeItem(item, execution, info, next.value, place))
  }
  return items.some(isPromise) ? Promise.all(items) : items
}

function completeItem(
  item: Item,
  execution: Execution,
  info: GraphQLResolveInfo,
  value: unknown,
  path: Path,
): unknown {
  try {
    const completed = isPromise(value)
      ? value.then((resolved) => item.complete(execution, info, resolved, path))
      : item.complete(execution, info, value, path)
    if (!isPromise(completed)) return completed
    return completed.then(undefined, (error) => failValue(error, execution, item, path))
  } catch (error) {
    return failValue(error, execution, item, path)
  }
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && typeof (value as Iterable<unknown>)[Symbol.iterator] === 'function'
}
