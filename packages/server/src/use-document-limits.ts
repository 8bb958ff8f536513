import { maxErrors } from '@shared-ledger/rest'
import { GraphQLError, parse, validate } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { countComparisons } from './count-comparisons.ts'

/** A content of 100,000 characters fits, each of them escaped; longer texts are for variables. */
const maxLength = 250_000

/** One for each token. Finding the line of an error takes time that grows with them. */
const maxLines = 4000

/** The longest document of ours has less than 300. */
const maxTokens = 4000

/** Ours come to less than 1,000; as many as this take a few milliseconds. */
const maxComparisons = 10_000

/** Refuses documents that take long to check, each time that they are sent. */
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
        return validate(schema, document, rules, { maxErrors, hideSuggestions }) // one is enough to mend it, and each has its line looked for
      })
    },
  }
}

/** @throws GraphQLError, which Yoga gives the code of a document that does not parse. */
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
