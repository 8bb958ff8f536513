import { parse } from 'graphql'
import type { Plugin } from 'graphql-yoga'

/** More than any client's document has; checks of a document take time that grows with its square. */
const maxTokens = 4000

/** Refuses documents that cost much more to check than to write. */
export function useDocumentLimits(): Plugin {
  return {
    onParse({ setParseFn }) {
      setParseFn((source, options) => parse(source, { ...options, maxTokens }))
    },
  }
}

const maxCachedDocuments = 500
const maxCachedLength = 10_000

/** A cache of documents by their text that no client can make large. */
export function createDocumentCache<Value>() {
  const cached = new Map<string, Value>()
  return {
    get: (text: string) => cached.get(text),
    set(text: string, value: Value) {
      if (text.length > maxCachedLength) return
      const [oldest] = cached.keys()
      if (cached.size >= maxCachedDocuments && oldest !== undefined) cached.delete(oldest)
      cached.set(text, value)
    },
  }
}
