import { readBounds } from '@shared-ledger/ledger'
import type { Execute } from '@shared-ledger/rest'
import type { DocumentNode, GraphQLSchema } from 'graphql'
import { createYoga, type Plugin } from 'graphql-yoga'
import type { Answer } from './answer.ts'
import { bounds } from './bounds.ts'
import { ClientLeft } from './client-left.ts'
import { createDocumentCache } from './document-cache.ts'
import { createDocumentTurns } from './document-turns.ts'
import { createMaskError, type ErrorListeners } from './graphql-errors.ts'
import { guardResolvers } from './guard-resolvers.ts'
import { type AnswerKnown, createKnownAnswers } from './known-answers.ts'
import { useBound } from './use-bound.ts'
import { useDocumentCost } from './use-document-cost.ts'
import { useDocumentLimits } from './use-document-limits.ts'
import { useGraphqlJs } from './use-graphql-js.ts'
import { type GraphqlServerContext, useJsonRequests } from './use-json-requests.ts'
import { useRequestLine } from './use-request-line.ts'
import { createStreams } from './use-streams.ts'
import { yogaAnswer } from './yoga-answer.ts'

/** An app's graph, over HTTP and for REST. */
export interface Graph {
  /** Answers a GraphQL request as GraphQL over HTTP says. */
  answer(request: Request, raw: Omit<GraphqlServerContext, 'line'>): Promise<Answer>
  /** Answers those that it need not look at again, in less time. */
  readonly answerKnown: AnswerKnown
  /** Runs one of the app's own documents with the context and plugins of any other. */
  readonly execute: Execute
  /** Ends the subscriptions. */
  endStreams(): void
}

/**
 * Serves a schema with Yoga. Its errors give nothing internal away. Changes the schema's resolvers (`guardResolvers`).
 *
 * @throws Error that names a field of the schema whose cost is wrong.
 */
export function createGraph(schema: GraphQLSchema, listeners: ErrorListeners): Graph {
  guardResolvers(schema)
  const documents = createDocumentCache<DocumentNode>()
  const executed = new WeakSet<DocumentNode>()
  const noteExecuted: Plugin = {
    onExecute({ args }) {
      executed.add(args.document)
    },
  }
  const maskError = createMaskError(listeners)
  const { request: boundMs } = readBounds()
  const turns = createDocumentTurns(bounds)
  const { useStreams, endAll } = createStreams(maskError)
  const yoga = createYoga<GraphqlServerContext>({
    schema,
    graphiql: false,
    landingPage: false,
    cors: false,
    logging: false,
    multipart: false,
    maxRequestBodySize: false,
    maskedErrors: { maskError },
    parserAndValidationCache: {
      documentCache: documents,
      errorCache: createDocumentCache(),
    },
    plugins: [
      useJsonRequests(turns),
      useDocumentLimits(),
      useGraphqlJs(),
      useRequestLine(),
      useStreams,
      useBound(boundMs),
      noteExecuted,
      useDocumentCost(schema),
    ],
  })

  return {
    async answer(request, raw) {
      const line: GraphqlServerContext['line'] = { outcome: 'ok' }
      try {
        return await yogaAnswer(await yoga.fetch(request, { ...raw, line }), line)
      } catch (error) {
        // Yoga does not wait for what was begun before the client left.
        throw raw.hasLeft() ? new ClientLeft() : error
      }
    },
    answerKnown: createKnownAnswers({ schema, yoga, documents, executed, noteKnown: turns.noteKnown }),
    async execute(document, variables, { request, hasLeft }) {
      turns.noteKnown()
      const { contextFactory, execute } = yoga.getEnveloped({ request, hasLeft })
      const contextValue = await contextFactory()
      const result = await execute({ schema, document, variableValues: variables, contextValue })
      if (hasLeft()) throw new ClientLeft()
      return result
    },
    endStreams: endAll,
  }
}
