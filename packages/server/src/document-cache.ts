/** The longest document that is cached. */
const maxLength = 10_000

/** Several times what our clients use. A parsed document takes up to 200 times its length in memory. */
const bounds = { once: { count: 100, length: 50_000 }, again: { count: 500, length: 200_000 } }

/** Values by the text of their document. */
export interface DocumentCache<Value> {
  get(text: string): Value | undefined
  set(text: string, value: Value): void
}

/**
 * A cache that no client can make large or push empty. Documents that were asked for again have a room of their own,
 * which a stream of new documents does not reach.
 */
export function createDocumentCache<Value>(): DocumentCache<Value> {
  const once = createRoom<Value>(bounds.once)
  const again = createRoom<Value>(bounds.again)
  return {
    get(text) {
      if (text.length > maxLength) return undefined // looking a text up reads all of it
      const value = again.take(text) ?? once.take(text)
      if (value !== undefined) again.put(text, value)
      return value
    },
    set(text, value) {
      if (text.length <= maxLength && !again.has(text)) once.put(text, value)
    },
  }
}

/** Keeps the latest entries. */
function createRoom<Value>(bound: { count: number; length: number }) {
  const values = new Map<string, Value>()
  let length = 0

  const take = (text: string): Value | undefined => {
    const value = values.get(text)
    if (values.delete(text)) length -= text.length
    return value
  }
  return {
    take,
    has: (text: string) => values.has(text),
    put(text: string, value: Value) {
      take(text)
      values.set(text, value)
      length += text.length
      for (const oldest of values.keys()) {
        if (values.size <= bound.count && length <= bound.length) break
        take(oldest)
      }
    },
  }
}
