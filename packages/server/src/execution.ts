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

/** A document to execute, with the context of its resolvers. */
export type RunArgs = Omit<ExecutionArgs, 'schema' | 'contextValue'> & { readonly contextValue: object }

/**
 * Executes documents for all ways in: new documents, known documents, and REST. It calls graphql-js, because Yoga's own
 * executor takes any object with a key `then` for a promise, such as a field with that alias, or metadata with that
 * key.
 *
 * @param boundMs How long a document may take.
 * @param options.rates Counts a document that stands for more than one request.
 * @param options.hideSuggestions Whether messages about variables leave out names of the graph that the client did not
 *   use.
 * @throws Error that names a field of the schema whose cost is wrong
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

/** graphql-js gives no code when a request does not say which of several operations to run. */
function withoutOperation({ document, operationName }: ExecutionArgs): ExecutionResult | undefined {
  if (getOperationAST(document, operationName)) return undefined
  const message = operationName
    ? 'The document has no operation with the name in operationName.'
    : 'The document has no operation, or several: operationName must name the one to run.'
  const extensions = { code: 'OPERATION_RESOLUTION_FAILURE', http: { status: 400 } }
  return { errors: [new GraphQLError(message, { extensions })] }
}
