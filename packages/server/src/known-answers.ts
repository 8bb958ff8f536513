import { type DocumentNode, type GraphQLSchema, getOperationAST } from 'graphql'
import { processRegularResult, type YogaServerInstance } from 'graphql-yoga'
import type { WholeAnswer } from './answer.ts'
import type { DocumentCache } from './document-cache.ts'
import { createIntrospections } from './introspections.ts'
import { acceptedTypeOf, knownParams } from './known-request.ts'
import type { RawRequest } from './raw-request.ts'
import type { GraphqlServerContext } from './use-json-requests.ts'
import { outcomeOf } from './use-request-line.ts'
import { wholeAnswer } from './yoga-answer.ts'

/** Answers a request as Yoga would; undefined, before anything is executed, where Yoga has to. */
export type AnswerKnown = (request: RawRequest) => Promise<WholeAnswer | undefined> | undefined

interface KnownAnswersOptions {
  readonly schema: GraphQLSchema
  readonly yoga: YogaServerInstance<GraphqlServerContext, object>
  /** The documents that Yoga has parsed. */
  readonly documents: DocumentCache<DocumentNode>
  /** Those of them that it went on to execute. */
  readonly executed: WeakSet<DocumentNode>
  /** Called for each request that is answered so. */
  readonly noteKnown: () => void
}

/**
 * Takes the documents that Yoga has executed straight to their execution, with the context and plugins of any other:
 * parsing, validation and the `Request` and `Response` of the web cost several times as much.
 */
export function createKnownAnswers(options: KnownAnswersOptions): AnswerKnown {
  const { schema, yoga, documents, executed, noteKnown } = options
  const introspections = createIntrospections()
  const answer = async (request: RawRequest, mediaType: string): Promise<WholeAnswer | undefined> => {
    const body = await request.readBody().catch(() => undefined)
    const params = body && knownParams(body)
    const document = params && documents.get(params.query)
    if (!document || !executed.has(document)) return undefined
    const operation = getOperationAST(document, params.operationName)
    if (!operation || operation.operation === 'subscription') return undefined
    noteKnown()
    const { query: _, variables: variableValues, operationName } = params
    const introspection = variableValues ? undefined : introspections.get(operation)
    if (introspection) {
      return jsonText(introspection, mediaType, { outcome: 'ok', operation: operation.name?.value })
    }

    const line: GraphqlServerContext['line'] = { outcome: 'ok' }
    const { contextFactory, execute } = yoga.getEnveloped({
      target: request.target,
      readBody: () => request.readBody(),
      hasLeft: () => request.hasLeft(),
      params,
      line,
      get request() {
        return request.toRequest()
      },
    })
    const contextValue = await contextFactory()
    const result = await execute({ schema, document, variableValues, operationName, contextValue })
    line.outcome = outcomeOf(result)
    if (result.errors || result.extensions) {
      return wholeAnswer(processRegularResult(result, yoga.fetchAPI, mediaType), line)
    }
    const written = JSON.stringify(result)
    if (!variableValues) introspections.keep(operation, written)
    return jsonText(written, mediaType, line)
  }

  return (request) => {
    const mediaType = acceptedTypeOf(request)
    return mediaType === undefined ? undefined : answer(request, mediaType)
  }
}

function jsonText(
  body: string | Buffer<ArrayBuffer>,
  mediaType: string,
  line: Pick<WholeAnswer, 'outcome' | 'operation'>,
): WholeAnswer {
  const headers = {
    'content-type': `${mediaType}; charset=utf-8`,
    'content-length': String(Buffer.byteLength(body)),
  }
  return { status: 200, headers, body, ...line }
}
