import type { Execute } from '@shared-ledger/rest'
import type { GraphQLSchema } from 'graphql'
import { createYoga } from 'graphql-yoga'
import type { Answer } from './answer.ts'
import { createMaskError } from './graphql-errors.ts'
import { createDocumentCache, useDocumentLimits } from './use-document-limits.ts'
import { type GraphqlServerContext, useJsonRequests } from './use-json-requests.ts'
import { useRequestLine } from './use-request-line.ts'

/** An app's graph, over HTTP and for REST. */
export interface Graph {
  /** Answers a GraphQL request as GraphQL over HTTP says. */
  answer(request: Request, raw: Pick<GraphqlServerContext, 'target' | 'readBody'>): Promise<Answer>
  /** Runs one of the app's own documents with the context and plugins of any other. */
  readonly execute: Execute
}

/** Serves a schema with Yoga. Its errors give nothing internal away; faults are told to `onFault`. */
export function createGraph(schema: GraphQLSchema, onFault: (error: unknown) => void): Graph {
  const yoga = createYoga<GraphqlServerContext>({
    schema,
    graphiql: false,
    landingPage: false,
    cors: false,
    logging: false,
    multipart: false,
    maxRequestBodySize: false,
    maskedErrors: { maskError: createMaskError(onFault) },
    parserAndValidationCache: {
      documentCache: createDocumentCache(),
      errorCache: createDocumentCache(),
    },
    plugins: [useJsonRequests(), useDocumentLimits(), useRequestLine()],
  })

  return {
    async answer(request, raw) {
      const line: GraphqlServerContext['line'] = { outcome: 'ok' }
      const response = await yoga.fetch(request, { ...raw, line })
      const body = await response.text()
      const answer = { status: response.status, headers: Object.fromEntries(response.headers), ...line }
      return response.status === 406 ? notAcceptable : { ...answer, body }
    },
    async execute(document, variables, request) {
      const { contextFactory, execute } = yoga.getEnveloped({ request })
      const contextValue = await contextFactory()
      const result = await execute({ schema, document, variableValues: variables, contextValue })
      if (Symbol.asyncIterator in result) throw new TypeError('A route runs a query or a mutation.')
      return result
    },
  }
}

const notAcceptable: Answer = {
  status: 406,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({
    errors: [
      {
        message: 'The answer is application/graphql-response+json or application/json.',
        extensions: { code: 'NOT_ACCEPTABLE' },
      },
    ],
  }),
  outcome: 'NOT_ACCEPTABLE',
}
