import { setImmediate as nextTurn } from 'node:timers/promises'

/**
 * Returns a function that asks about one key. Keys of one turn of the event loop, and keys that come while a query
 * runs, are asked for together in the next query. An answer is never older than its call.
 */
export function gather<Value>(
  ask: (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>,
): (key: string) => Promise<Value | undefined> {
  let keys = new Set<string>()
  let next: Promise<ReadonlyMap<string, Value>> | undefined
  let current: Promise<unknown> = Promise.resolve()

  const askNext = async () => {
    await Promise.allSettled([current, nextTurn()])
    const asked = [...keys]
    keys = new Set()
    next = undefined
    const answer = ask(asked)
    current = answer
    return answer
  }
  return async (key) => {
    keys.add(key)
    next ??= askNext()
    return (await next).get(key)
  }
}
