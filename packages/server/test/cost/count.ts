import { type GraphQLSchema, getOperationAST, parse, validate } from 'graphql'
import { createCountCost } from '../../src/cost/document-cost.ts'

/** Creates a function that counts what documents cost on a schema. The documents must be valid. */
export function createCounter(schema: GraphQLSchema) {
  const countCost = createCountCost(schema)
  return (query: string, variables: Record<string, unknown> = {}): number => {
    const document = parse(query)
    const errors = validate(schema, document)
    const operation = getOperationAST(document)
    if (errors.length > 0 || !operation) throw new TypeError(`${query} does not fit: ${errors}`)
    return countCost(document, operation, variables).cost
  }
}
