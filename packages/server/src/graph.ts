import type { Execute } from '@shared-ledger/rest'
import type { GraphQLSchema } from 'graphql'
import { createYoga } from 'graphql-yoga'
import type { Answer } from './answer.ts'
import { createMaskError } from './graphql-errors.ts'
import { createDocumentCache, useDocumentLimits } from './use-document-limits.ts'
import { type GraphqlServerContext, useJsonRequests } from './use-json-requests.ts'
import { useRequestLine } from './use-request-line.ts'
import { createStreams } from './use-streams.ts'

/** An app's graph, over HTTP and for REST. */
export interface Graph {
  /** Answers a GraphQL request as GraphQL over HTTP says. */
  answer(request: Request, raw: Pick<GraphqlServerContext, 'target' | 'readBody'>): Promise<Answer>
  /** Runs one of the app's own documents with the context and plugins of any other. */
  readonly execute: Execute
  /** Ends the subscriptions. */
  endStreams(): void
}

/** Serves a schema with Yoga. Its errors give nothing internal away; faults are told to `onFault`. */
export function createGraph(schema: GraphQLSchema, onFault: (error: unknown) => void): Graph {
  const maskError = createMaskError(onFault)
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
      documentCache: createDocumentCache(),
      errorCache: createDocumentCache(),
    },
    plugins: [useJsonRequests(), useDocumentLimits(), useRequestLine(), useStreams],
  })

  return {
    async answer(request, raw) {
      const noted: GraphqlServerContext['line'] = { outcome: 'ok' }
      const response = await yoga.fetch(request, { ...raw, line: noted })
      const { stream, ...line } = noted
      const headers = [...response.headers].map(([name, value]) => [name.toLowerCase(), value])
      const answer = { status: response.status, headers: Object.fromEntries(headers), ...line }
      if (response.status === 406) {
        stream?.end()
        return stream ? streamNotAcceptable : notAcceptable
      }
      if (!stream || !response.body) return { ...answer, body: await response.text() }
      return { ...answer, body: streamedBody(response.body, stream.end), ended: stream.ended }
    },
    async execute(document, variables, request) {
      const { contextFactory, execute } = yoga.getEnveloped({ request })
      const contextValue = await contextFactory()
      const result = await execute({ schema, document, variableValues: variables, contextValue })
      if (Symbol.asyncIterator in result) throw new TypeError('A route runs a query or a mutation.')
      return result
    },
    endStreams: endAll,
  }
}

/** The body of Yoga's own kind of response: read as it is sent, and let go of at once when its client leaves. */
function streamedBody(body: ReadableStream<Uint8Array>, end: () => void): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await reader.read()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      async cancel() {
        end()
        // The reader's own cancel would wait for the next chunk; one before the first is an error to Yoga.
        await body.cancel().catch(() => {})
      },
    },
    { highWaterMark: 0 },
  )
}

const notAcceptable = notAcceptableAnswer(
  'The answer is application/graphql-response+json or application/json.',
)
const streamNotAcceptable = notAcceptableAnswer('The answer to a subscription is text/event-stream.')

function notAcceptableAnswer(message: string): Answer {
  const code = 'NOT_ACCEPTABLE'
  return {
    status: 406,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ errors: [{ message, extensions: { code } }] }),
    outcome: code,
  }
}
