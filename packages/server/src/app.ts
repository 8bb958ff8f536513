import {
  type AppInfo,
  acceptedTypes,
  createRest,
  type Problem,
  problem,
  type Route,
  splitTarget,
} from '@shared-ledger/rest'
import type { GraphQLSchema } from 'graphql'
import type { Logger } from 'pino'
import {
  type Answer,
  graphqlProblemResponse,
  jsonAnswer,
  problemResponse,
  type TextAnswer,
  toResponse,
} from './answer.ts'
import { drainBody, readBody } from './body.ts'
import { docsPages } from './docs-pages.ts'
import { type Endpoint, getEndpoint, type IncomingRequest, withMethods } from './endpoint.ts'
import { createGraph, type Graph } from './graph.ts'
import { defaultStarterQuery, graphiqlFiles, graphiqlPage } from './graphiql.ts'
import { healthEndpoint, type Ping } from './health.ts'
import { pageAnswer } from './html.ts'
import { indexPage, problemPages } from './index-page.ts'
import type { AnswerKnown } from './known-answers.ts'
import { graphqlTypes } from './known-request.ts'
import { logRequest } from './logger.ts'
import type { RawRequest } from './raw-request.ts'
import { notAcceptable } from './yoga-answer.ts'

export interface AppOptions {
  /** The app's name, as its ledger has it. */
  readonly app: string
  readonly ledger: { readonly ping: Ping }
  /** What openapi.json says of the app; its version is 0.0.0 when left out. */
  readonly info?: AppInfo
  /** The app's graph, with the ledger in it. */
  readonly schema: GraphQLSchema
  /** The app's own REST routes; every app has the ledger's. */
  readonly routes?: readonly Route[]
  readonly logger: Logger
  /** What GraphiQL shows at first; `{nonce}` in it becomes a fresh one. */
  readonly starterQuery?: string
}

/** One app as HTTP sees it, without a socket. */
export interface App {
  /** Answers a request, or leaves it to `answer`, which does the same in more time. Never rejects. */
  readonly answerKnown: AnswerKnown
  /**
   * Answers a request. Never rejects.
   *
   * @param target The raw request target: `request.url` has it after normalisation, and an owner may be called `..`.
   * @param body The body, where it was read before.
   */
  answer(request: Request, target: string, body?: Promise<Uint8Array>): Promise<Answer>
  /** Refuses a request that was not looked into. */
  refuse(request: Pick<RawRequest, 'method' | 'target'>, refused: Problem): TextAnswer
  /** What is answered where an answer cannot be made or sent; the fault goes to the log. */
  answerFault(error: unknown): TextAnswer
  /** `answer` as a response. */
  fetch(request: Request, target?: string): Promise<Response>
  /** Ends the subscriptions, and those that are asked for from now on. */
  endStreams(): void
}

const graphqlPath = '/graphql'

/** @throws Error when the schema lacks the ledger, or what a route's document asks for. */
export function createApp(options: AppOptions): App {
  const { app, info, ledger, schema, logger, routes, starterQuery = defaultStarterQuery } = options
  const onFault = (error: unknown) => logger.error({ err: error }, 'fault')
  const onUnavailable = (error: unknown) => logger.warn({ err: error }, 'database unavailable')
  const graph = createGraph(schema, { onFault, onUnavailable })
  const rest = createRest({ app, info, schema, routes, execute: graph.execute, onFault })
  const openApi: Answer = jsonAnswer({
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: rest.openApi,
    outcome: 'ok',
  })

  const endpoints = new Map<string, Endpoint>(
    Object.entries({
      '/': indexPage(app),
      [graphqlPath]: graphqlEndpoint(app, graph),
      '/health': healthEndpoint(
        () => ledger.ping(),
        (error) => logger.warn({ err: error }, 'unhealthy'),
      ),
      '/openapi.json': getEndpoint(async () => openApi),
      ...graphiqlFiles(app, starterQuery),
      ...docsPages(app),
      ...problemPages(rest.problems),
    }),
  )
  const restEndpoint: Endpoint = async ({ request, method, target, readBody: body }) =>
    jsonAnswer(await rest.answer({ request, method, target, headers: request.headers, body }))

  const answerFault = (error: unknown) => {
    onFault(error)
    return problemResponse(problem('INTERNAL_ERROR'))
  }
  const respond = async (incoming: IncomingRequest): Promise<Answer> => {
    try {
      return await (endpoints.get(incoming.path) ?? restEndpoint)(incoming)
    } catch (error) {
      return answerFault(error)
    }
  }

  const logAnswer = (method: string, path: string, answer: Answer, started: number) => {
    const { status, operation, ended = answer.outcome } = answer
    const log = (outcome: string) =>
      logRequest(logger, { method, path, operation, outcome, status, ms: performance.now() - started })
    if (typeof ended === 'string') log(ended)
    else void ended.then(log)
  }

  const answer: App['answer'] = async (request, target, body) => {
    const started = performance.now()
    const { method } = request
    const { path } = splitTarget(target)
    const answered = await respond({
      request,
      method,
      target,
      path,
      readBody: () => body ?? readBody(request),
    })
    if (!body) await drainBody(request)
    logAnswer(method, path, answered, started)
    return answered
  }

  return {
    answerKnown(request) {
      const started = performance.now()
      return graph
        .answerKnown(request)
        ?.catch(answerFault)
        .then((known) => {
          if (known) logAnswer(request.method, request.target, known, started)
          return known
        })
    },
    answer,
    refuse({ method, target }, refused) {
      const { path } = splitTarget(target)
      const refusal = path === graphqlPath ? graphqlProblemResponse(refused) : problemResponse(refused)
      logAnswer(method, path, refusal, performance.now())
      return refusal
    },
    answerFault,
    async fetch(request, target = targetOf(request)) {
      return toResponse(await answer(request, target), request.method)
    },
    endStreams: graph.endStreams,
  }
}

/** Those that would rather have a page than data get GraphiQL. */
function graphqlEndpoint(app: string, graph: Graph): Endpoint {
  const page = pageAnswer(graphiqlPage(app))
  return withMethods(['GET', 'HEAD', 'POST'], async ({ request, method, target, readBody }) => {
    const accept = request.headers.get('accept')
    const types = acceptedTypes(accept, method === 'POST' ? graphqlTypes : [...graphqlTypes, 'text/html'])
    if (types[0] === 'text/html') return page
    if (types.length === 0) return notAcceptable
    const asked = method === 'HEAD' ? new Request(request.url, { headers: request.headers }) : request
    // Yoga reads neither weights nor wildcards as HTTP means them.
    asked.headers.set('accept', types.join(', '))
    return graph.answer(asked, { target, readBody })
  })
}

function targetOf({ url }: Request): string {
  const { pathname, search } = new URL(url)
  return pathname + search
}
