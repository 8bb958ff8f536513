import { maxErrors } from '@shared-ledger/rest'
import { GraphQLError, parse, validate } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { countComparisons } from './count-comparisons.ts'

/** Room for a content of 100,000 characters, even if all are escaped. Longer texts belong in variables. */
const maxLength = 250_000

/** One line per token. Finding the line of an error takes time in proportion to the number of lines. */
const maxLines = 4000

/** Our longest document has less than 300 tokens. */
const maxTokens = 4000

/** Our documents need less than 1,000 comparisons. This many take a few milliseconds. */
const maxComparisons = 10_000

/** Refuses documents that take long to check. The limits apply each time a document is sent. */
export function useDocumentLimits({ hideSuggestions = false } = {}): Plugin {
  return {
    onParse({ setParseFn }) {
      setParseFn((source, options) => {
        checkText(String(source))
        return parse(source, { ...options, maxTokens })
      })
    },
    onValidate({ setValidationFn }) {
      setValidationFn((schema, document, rules) => {
        const comparisons = countComparisons(document)
        if (comparisons > maxComparisons) return [tooManyComparisons()]
        // one error is enough to mend it, and finding the line of each takes time
        return validate(schema, document, rules, { maxErrors, hideSuggestions })
      })
    },
  }
}

/** @throws GraphQLError, which Yoga gives the code of a document that does not parse */
function checkText(text: string): void {
  if (text.length > maxLength) {
    throw new GraphQLError(
      `The document has more than ${inWords(maxLength)} characters: put long texts into variables.`,
    )
  }
  const lines = text.match(/\n|\r(?!\n)/g)?.length ?? 0
  if (lines >= maxLines) throw new GraphQLError(`The document has more than ${inWords(maxLines)} lines.`)
}

function tooManyComparisons(): GraphQLError {
  return new GraphQLError(
    'The document repeats fields or spreads fragments so often that it takes too long to check: ask for each once, or in several requests.',
  )
}

function inWords(number: number): string {
  return number.toLocaleString('en')
}
