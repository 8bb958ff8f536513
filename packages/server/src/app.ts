import { readBounds } from '@shared-ledger/ledger'
import type { Principal } from '@shared-ledger/ledger/facts'
import {
  type AppInfo,
  acceptedTypes,
  createRest,
  Problem,
  problem,
  type Route,
  splitTarget,
} from '@shared-ledger/rest'
import type { GraphQLSchema } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Logger } from 'pino'
import {
  type Answer,
  graphqlProblemResponse,
  jsonAnswer,
  problemResponse,
  type TextAnswer,
  toResponse,
  type WholeAnswer,
} from './answer.ts'
import type { Auth } from './auth/choose-auth.ts'
import { isPageRequest, prefersPage, visitor } from './auth/pages.ts'
import { readBody } from './body.ts'
import { bounds } from './bounds.ts'
import { ClientLeft } from './client-left.ts'
import { docsPages } from './docs-pages.ts'
import { type Endpoint, getEndpoint, type IncomingRequest, withMethods } from './endpoint.ts'
import { createGraph, type Graph } from './graph.ts'
import { defaultStarterQuery, graphiqlFiles, graphiqlPage } from './graphiql.ts'
import { type Ping, probeEndpoints, probes } from './health.ts'
import { pageAnswer } from './html.ts'
import { anyone, boundIdentify, type Caller, type Identify, type RequestHead } from './identify.ts'
import { indexPage } from './index-page.ts'
import { graphqlTypes } from './known-request.ts'
import { logAnswer, type Observer } from './log-answer.ts'
import { refusalLogger } from './logger.ts'
import { problemPages } from './problem-pages.ts'
import type { RateLimit } from './rate-limit.ts'
import { createRates, RateLimited, unlimited } from './rates.ts'
import type { RawRequest } from './raw-request.ts'
import type { CreateContext } from './request-context.ts'
import { stylesheet, stylesheetPath } from './stylesheet.ts'
import type { Tracing } from './tracing/tracing.ts'
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
  /** Who asks, in place of keys and tokens. */
  readonly identify?: Identify
  /** How the server asks where the app has no `identify`; left out, nobody is asked. */
  readonly auth?: Pick<Auth, 'identify' | 'follow'> | undefined
  /** Whether there is GraphiQL. It is there when left out. */
  readonly graphiql?: boolean
  /** Whether the graph tells what is in it. It does when left out. */
  readonly introspection?: boolean
  /** How often each principal may ask; left out, as often as the server can answer. */
  readonly rateLimit?: RateLimit | undefined
  /** Adds to the context of the app's resolvers: GraphQL's and REST's alike. */
  readonly context?: CreateContext
  /**
   * The app's own plugins for Yoga and Envelop. Their hooks around the context and the execution run for REST, too. With
   * any other hook, each GraphQL request takes Yoga's whole way, which costs several times as much.
   */
  readonly plugins?: readonly Plugin[]
  /** What GraphiQL shows at first; `{nonce}` in it becomes a fresh one. */
  readonly starterQuery?: string
}

/** One app as HTTP sees it, without a socket. */
export interface App {
  /**
   * Says who sends a request, before anything of it is answered, or what `refuse` shall answer: also where the principal
   * has asked too often. Never rejects.
   */
  identify(head: RequestHead): Promise<Principal | Problem>
  /** Answers a request, or leaves it to `answer`, which does the same in more time. Never rejects. */
  answerKnown(request: RawRequest, caller: Caller): Promise<WholeAnswer | undefined> | undefined
  /**
   * Answers a request. Never rejects.
   *
   * @param target The raw request target: `request.url` has it after normalisation, and an owner may be called `..`.
   * @param raw The same request on its socket.
   */
  answer(request: Request, target: string, caller: Caller, raw?: RawRequest): Promise<Answer>
  /** Whether a request is answered however much else there is to do: whether the server is well, above all then. */
  isUrgent(target: string): boolean
  /** Refuses a request that nothing is done for. Those of too many are logged as a sum: one line each would be work, too. */
  refuse(
    request: Pick<RawRequest, 'method' | 'target' | 'hasLeft'>,
    refused: Problem,
    started?: Caller['started'],
  ): TextAnswer
  /** What is answered where an answer cannot be made or sent; the fault goes to the log. */
  answerFault(error: unknown): TextAnswer
  /** All of it: `identify`, then `answer`, as a response. */
  fetch(request: Request, target?: string): Promise<Response>
  /** Has `/readyz` send further requests elsewhere. */
  beginToStop(): void
  /** Ends the subscriptions, and those that are asked for from now on. */
  endStreams(): void
  /** Lets go of what the app's plugins hold, once the last request is answered. */
  close(): Promise<void>
}

const graphqlPath = '/graphql'

/** What watches an app at work, for metrics and traces. */
export interface Watchers {
  /** Is told of every request. */
  readonly observer?: Observer | undefined
  readonly traceFields?: Tracing['traceFields'] | undefined
}

/**
 * @throws Error when the schema lacks the ledger, or what a route's document asks for.
 */
export function createApp(options: AppOptions, { observer, traceFields }: Watchers = {}): App {
  const { app, info, ledger, schema, logger, routes, starterQuery = defaultStarterQuery } = options
  const { auth, context, plugins, rateLimit, graphiql = true, introspection = true } = options
  const identify = options.identify ?? auth?.identify
  const countRefused = refusalLogger(logger)
  const rates = rateLimit ? createRates(rateLimit, bounds.principals) : unlimited
  const onFault = (error: unknown) => {
    if (!(error instanceof ClientLeft)) logger.error({ err: error }, 'fault')
  }
  const onUnavailable = (error: unknown) => logger.warn({ err: error }, 'database unavailable')
  let isStopping = false
  const listeners = { onFault, onUnavailable }
  const graph = createGraph(schema, {
    ...listeners,
    context,
    plugins,
    rates,
    introspection,
    follow: auth?.follow,
    traceFields,
  })
  const rest = createRest({ app, info, schema, routes, execute: graph.execute, onFault })
  const openApi: Answer = {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: new TextEncoder().encode(JSON.stringify(rest.openApi)),
    outcome: 'ok',
  }

  const asksForKey = identify !== undefined
  const page = graphiql ? pageAnswer(graphiqlPage(app, { asksForKey })) : undefined
  const endpoints = new Map<string, Endpoint>(
    Object.entries({
      '/': indexPage(app, { graphiql }),
      [graphqlPath]: graphqlEndpoint(graph, page),
      ...probeEndpoints(() => ledger.ping(), {
        onFault: (error) => logger.warn({ err: error }, 'unhealthy'),
        isStopping: () => isStopping,
      }),
      '/openapi.json': getEndpoint(async () => openApi),
      ...(graphiql && graphiqlFiles(app, starterQuery)),
      ...docsPages(app),
      ...problemPages(app, rest.problems),
      [stylesheetPath]: stylesheet(),
    }),
  )
  const endpointOf = (path: string) => (endpoints.has(path) ? path : undefined)
  const restEndpoint: Endpoint = async ({ principal, request, method, target, readBody: body, hasLeft }) => {
    const { headers } = request
    return jsonAnswer(await rest.answer({ principal, request, method, target, headers, body, hasLeft }))
  }

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

  const answer: App['answer'] = async (request, target, { principal, started }, raw) => {
    const { method } = request
    const { path } = splitTarget(target)
    const hasLeft = () => (raw ? raw.hasLeft() : request.signal.aborted)
    const answered = await respond({
      principal,
      request,
      method,
      target,
      path,
      readBody: () => raw?.readBody() ?? readBody(request),
      hasLeft,
    })
    logAnswer(
      logger,
      { method, path, endpoint: endpointOf(path), principal, hasLeft, started },
      answered,
      observer,
    )
    return answered
  }

  const refuse: App['refuse'] = (request, refused, started = performance.now()) => {
    const { method } = request
    const { path } = splitTarget(request.target)
    const refusal = path === graphqlPath ? graphqlProblemResponse(refused) : problemResponse(refused)
    if (refused instanceof RateLimited || refused.code === 'OVERLOADED') {
      observer?.refused(refused.code)
      countRefused(refused.code, refused instanceof RateLimited ? refused.principal : undefined)
    } else {
      const hasLeft = () => request.hasLeft()
      logAnswer(logger, { method, path, endpoint: endpointOf(path), hasLeft, started }, refusal, observer)
    }
    return refusal
  }
  const isProbe = (target: string) => probes.has(splitTarget(target).path)
  const identifyCaller = identify && boundIdentify(identify, readBounds().connection, listeners)
  const pages = {
    pages: new Set([...endpoints.keys()].filter((path) => path !== graphqlPath)),
    graphiql: graphiql ? graphqlPath : undefined,
  }
  const identified = async (head: RequestHead) => {
    if (!identifyCaller || isProbe(head.target)) return anyone
    // A browser that opens a page sends no header.
    if (auth && isPageRequest(head, pages)) return visitor
    const principal = await identifyCaller(head)
    return principal instanceof Problem ? principal : (rates.count(principal) ?? principal)
  }

  return {
    identify: identified,
    answerKnown(request, { principal, started }) {
      const { method, target: path } = request
      const hasLeft = () => request.hasLeft()
      const asked = { method, path, endpoint: path, principal, hasLeft, started }
      return graph
        .answerKnown(request, principal)
        ?.catch(answerFault)
        .then((known) => {
          if (known) logAnswer(logger, asked, known, observer)
          return known
        })
    },
    answer,
    isUrgent: isProbe,
    refuse,
    answerFault,
    async fetch(request, target = targetOf(request)) {
      const { method, headers, signal } = request
      const started = performance.now()
      const head = {
        method,
        target,
        header: (name: string) => headers.get(name),
        hasLeft: () => signal.aborted,
      }
      const principal = await identified(head)
      if (principal instanceof Problem) return toResponse(refuse(head, principal, started), method)
      return toResponse(await answer(request, target, { principal, started }), method)
    },
    beginToStop() {
      isStopping = true
    },
    endStreams: graph.endStreams,
    close: graph.close,
  }
}

/** Those that would rather have a page than data get GraphiQL, if there is. */
function graphqlEndpoint(graph: Graph, page: Answer | undefined): Endpoint {
  return withMethods(['GET', 'HEAD', 'POST'], async (incoming) => {
    const { principal, request, method, target, readBody, hasLeft } = incoming
    const accept = request.headers.get('accept')
    if (page && method !== 'POST' && prefersPage(accept)) return page
    // Whoever sent nothing is let in to the page alone.
    if (principal === visitor) return graphqlProblemResponse(problem('UNAUTHENTICATED'))
    const types = acceptedTypes(accept, graphqlTypes)
    if (types.length === 0) return notAcceptable
    const asked = method === 'HEAD' ? new Request(request.url, { headers: request.headers }) : request
    // Yoga reads neither weights nor wildcards as HTTP means them.
    asked.headers.set('accept', types.join(', '))
    return graph.answer(asked, { principal, target, readBody, hasLeft })
  })
}

function targetOf({ url }: Request): string {
  const { pathname, search } = new URL(url)
  return pathname + search
}
