import { setImmediate as nextTurn } from 'node:timers/promises'

/**
 * A function that asks about one thing, by questions about many: what is asked for in one turn of the event loop, or
 * while a question is under way, is one question after that. Its answer is never older than the call.
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
