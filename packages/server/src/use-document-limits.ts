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
