import {
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  subscribe,
} from 'graphql'
import { createCostLimit } from './cost/cost-limit.ts'
import { countRequests } from './cost/request-count.ts'
import { graphqlProblem } from './graphql-errors.ts'
import { principalOf } from './identify.ts'
import { inTime } from './in-time.ts'
import { type Rates, unlimited } from './rates.ts'

/** A document to execute, and what its resolvers have in their context. */
export type RunArgs = Omit<ExecutionArgs, 'schema' | 'contextValue'> & { readonly contextValue: object }

/**
 * Executes documents, whichever way they come: fresh, known, or for REST. graphql-js does it, not Yoga's own executor, which
 * takes whatever has a `then` for a promise: an object whose alias is called so, or metadata with such a key.
 *
 * @param boundMs How long a document may take.
 * @param options.rates What a document is counted by beyond the one request that it came with.
 * @param options.hideSuggestions Whether messages about variables leave out names of the graph that were not asked for.
 * @throws Error that names a field of the schema whose cost is wrong.
 */
export function createExecution(
  schema: GraphQLSchema,
  boundMs: number,
  {
    rates = unlimited,
    hideSuggestions = false,
  }: { readonly rates?: Rates | undefined; readonly hideSuggestions?: boolean } = {},
) {
  const tooMuch = createCostLimit<ExecutionArgs>(schema, (args, cost) => {
    const principal = rates === unlimited ? undefined : principalOf(args.contextValue)
    const refused = principal && rates.countAs(principal, countRequests(args, cost))
    return refused && graphqlProblem(refused)
  })
  return {
    execute: (args: ExecutionArgs) =>
      tooMuch(args) ?? withoutOperation(args) ?? inTime(execute({ ...args, hideSuggestions }), boundMs),
    subscribe: (args: ExecutionArgs) =>
      tooMuch(args) ?? inTime(subscribe({ ...args, hideSuggestions }), boundMs),
  }
}

/** graphql-js names no code where a request does not say which operation it means. */
function withoutOperation({ document, operationName }: ExecutionArgs): ExecutionResult | undefined {
  if (getOperationAST(document, operationName)) return undefined
  const message = operationName
    ? 'The document has no operation of the name in operationName.'
    : 'The document has no operation, or several: operationName must name the one to run.'
  const extensions = { code: 'OPERATION_RESOLUTION_FAILURE', http: { status: 400 } }
  return { errors: [new GraphQLError(message, { extensions })] }
}
