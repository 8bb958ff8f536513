import type { Principal } from '@shared-ledger/ledger/facts'
import { type DocumentNode, type ExecutionResult, getOperationAST } from 'graphql'
import { type FetchAPI, processRegularResult, type YogaInitialContext } from 'graphql-yoga'
import type { WholeAnswer } from './answer.ts'
import type { DocumentCache } from './document-cache.ts'
import type { RunArgs } from './execution.ts'
import type { GraphqlServerContext } from './graphql-server-context.ts'
import { createIntrospections } from './introspections.ts'
import { acceptedTypeOf, knownParams } from './known-request.ts'
import type { RawRequest } from './raw-request.ts'
import { outcomeOf } from './use-request-line.ts'
import { wholeAnswer } from './yoga-answer.ts'

/** Answers a request as Yoga would. Returns undefined, before anything runs, when only Yoga can answer it. */
export type AnswerKnown = (
  request: RawRequest,
  principal: Principal,
) => Promise<WholeAnswer | undefined> | undefined

interface KnownAnswersOptions {
  /** Executes a document of the schema, and masks its errors. */
  readonly run: (args: RunArgs) => Promise<ExecutionResult>
  /** The documents that Yoga has parsed. */
  readonly documents: DocumentCache<DocumentNode>
  /** The documents that Yoga has executed. */
  readonly executed: WeakSet<DocumentNode>
  /** Whether the answer to an introspection query is the same for everybody. */
  readonly keepsIntrospections: boolean
  /** Called for each request that is answered in this way. */
  readonly noteKnown: () => void
  readonly fetchAPI: FetchAPI
}

/**
 * Executes documents that Yoga has executed before, without Yoga. Parsing, validation and the web's `Request` and
 * `Response` cost several times as much as the execution.
 */
export function createKnownAnswers(options: KnownAnswersOptions): AnswerKnown {
  const { run, keepsIntrospections, documents, executed, noteKnown, fetchAPI } = options
  const introspections = createIntrospections()
  const answer = async (
    request: RawRequest,
    principal: Principal,
    mediaType: string,
  ): Promise<WholeAnswer | undefined> => {
    const body = await request.readBody().catch(() => undefined)
    const params = body && knownParams(body)
    const document = params && documents.get(params.query)
    if (!document || !executed.has(document)) return undefined
    const operation = getOperationAST(document, params.operationName)
    if (!operation || operation.operation === 'subscription') return undefined
    noteKnown()
    const { query: _, variables: variableValues, operationName } = params
    const line: GraphqlServerContext['line'] = { outcome: 'ok', operation: operation.name?.value }
    const introspection = introspections.get(operation)
    if (introspection) return jsonText(introspection, mediaType, line)

    const contextValue: GraphqlServerContext & Pick<YogaInitialContext, 'params' | 'request'> = {
      principal,
      target: request.target,
      readBody: () => request.readBody(),
      hasLeft: () => request.hasLeft(),
      params,
      line,
      get request() {
        return request.toRequest()
      },
    }
    const result = await run({ document, variableValues, operationName, contextValue })
    line.outcome = outcomeOf(result)
    if (result.errors || result.extensions) {
      return wholeAnswer(processRegularResult(result, fetchAPI, mediaType), line)
    }
    const written = JSON.stringify(result)
    if (keepsIntrospections) introspections.keep(operation, written)
    return jsonText(written, mediaType, line)
  }

  return (request, principal) => {
    const mediaType = acceptedTypeOf(request)
    return mediaType === undefined ? undefined : answer(request, principal, mediaType)
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
