import { type LedgerError, ledgerErrors, readBounds } from '@shared-ledger/ledger'
import { acceptedTypes, createRest, Problem, problem, splitTarget } from '@shared-ledger/rest'
import { type Answer, graphqlProblemResponse, jsonAnswer, problemResponse, toResponse } from './answer.ts'
import type { App, AppOptions } from './app-options.ts'
import { isPageRequest, prefersPage, visitor } from './auth/pages.ts'
import { bounds } from './bounds.ts'
import { ClientLeft } from './client-left.ts'
import { consoleEndpoints, consoleSession } from './console.ts'
import { docsPages } from './docs-pages.ts'
import { type Endpoint, getEndpoint, withMethods } from './endpoint.ts'
import { createGraph, type Graph } from './graph.ts'
import { defaultStarterQuery, graphiqlFiles, graphiqlPage } from './graphiql.ts'
import { probeEndpoints, probes } from './health.ts'
import { pageAnswer } from './html.ts'
import { anyone, boundIdentify, type RequestHead } from './identify.ts'
import { indexPage } from './index-page.ts'
import { graphqlTypes } from './known-request.ts'
import { logAnswer, type Observer } from './log-answer.ts'
import { refusalLogger } from './logger.ts'
import { problemPages } from './problem-pages.ts'
import { createRates, RateLimited, unlimited } from './rates.ts'
import { requestWithoutSocket } from './raw-request.ts'
import { stylesheet, stylesheetPath } from './stylesheet.ts'
import type { Tracing } from './tracing/tracing.ts'
import { notAcceptable } from './yoga-answer.ts'

const graphqlPath = '/graphql'

/** What observes an app at work, for metrics and traces. */
interface Watchers {
  /** Called for every request. */
  readonly observer?: Observer | undefined
  readonly traceFields?: Tracing['traceFields'] | undefined
}

/**
 * Makes an app from its options.
 *
 * @throws Error when the schema lacks the ledger, or lacks a field that a route's document asks for.
 */
export function createApp(options: AppOptions, { observer, traceFields }: Watchers = {}): App {
  const { app, info, ledger, schema, logger, routes, starterQuery = defaultStarterQuery } = options
  const { auth, context, plugins, rateLimit } = options
  const { graphiql = true, introspection = true, console = true } = options
  const identify = options.identify ?? auth?.identify
  const countRefused = refusalLogger(logger)
  const rates = rateLimit ? createRates(rateLimit, bounds.principals) : unlimited
  const onFault = (error: unknown) => {
    if (!(error instanceof ClientLeft)) logger.error({ err: error }, 'fault')
  }
  const onUnavailable = (error: LedgerError) =>
    logger.warn({ err: error }, ledgerErrors[error.code].title.toLowerCase())
  let isStopping = false
  let consoles = options.consoles ?? []
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
      '/': indexPage(app, { graphiql, console }),
      [graphqlPath]: graphqlEndpoint(graph, page),
      ...probeEndpoints(() => ledger.ping(), {
        onFault: (error) => logger.warn({ err: error }, 'unhealthy'),
        isStopping: () => isStopping,
      }),
      '/openapi.json': getEndpoint(async () => openApi),
      ...(graphiql && graphiqlFiles(app, starterQuery)),
      ...(console && consoleEndpoints({ app, schema, consoles: () => consoles })),
      ...docsPages(app),
      ...problemPages(app, rest.problems),
      [stylesheetPath]: stylesheet(),
    }),
  )
  const endpointOf = (path: string) => (endpoints.has(path) ? path : undefined)
  const restEndpoint: Endpoint = async (request, principal) =>
    jsonAnswer(
      await rest.answer({
        principal,
        method: request.method,
        target: request.target,
        header: (name) => request.header(name),
        body: () => request.readBody(),
        hasLeft: () => request.hasLeft(),
        get request() {
          return request.toRequest()
        },
      }),
    )

  const answerFault = (error: unknown) => {
    onFault(error)
    return problemResponse(problem('INTERNAL_ERROR'))
  }
  const answer: App['answer'] = async (request, { principal, started }) => {
    const { method } = request
    const { path } = splitTarget(request.target)
    const respond = endpoints.get(path) ?? restEndpoint
    const answered = await respond(request, principal).catch(answerFault)
    const hasLeft = () => request.hasLeft()
    const asked = { method, path, endpoint: endpointOf(path), principal, hasLeft, started }
    logAnswer(logger, asked, answered, observer)
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
    pages: new Set([...endpoints.keys()].filter((path) => path !== graphqlPath && path !== consoleSession)),
    graphiql: graphiql ? graphqlPath : undefined,
  }
  const identified = async (head: RequestHead) => {
    if (!identifyCaller || isProbe(head.target)) return anyone
    // A browser that opens a page sends no Authorization header.
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
    async fetch(request, target) {
      const { method } = request
      const started = performance.now()
      const raw = requestWithoutSocket(request, target)
      const principal = await identified(raw)
      if (principal instanceof Problem) return toResponse(refuse(raw, principal, started), method)
      return toResponse(await answer(raw, { principal, started }), method)
    },
    leadTo(others) {
      consoles = others
    },
    beginToStop() {
      isStopping = true
    },
    endStreams: graph.endStreams,
    close: graph.close,
  }
}

/** Serves the graph. A client that prefers a page gets GraphiQL, if it is on. */
function graphqlEndpoint(graph: Graph, page: Answer | undefined): Endpoint {
  return withMethods(['GET', 'HEAD', 'POST'], async (raw, principal) => {
    const accept = raw.header('accept')
    if (page && raw.method !== 'POST' && prefersPage(accept)) return page
    // A visitor without credentials may open the page, and nothing else.
    if (principal === visitor) return graphqlProblemResponse(problem('UNAUTHENTICATED'))
    const types = acceptedTypes(accept, graphqlTypes)
    if (types.length === 0) return notAcceptable
    const request = raw.toRequest()
    const asked = raw.method === 'HEAD' ? new Request(request, { method: 'GET' }) : request
    // Yoga does not handle weights and wildcards in Accept as HTTP defines them.
    asked.headers.set('accept', types.join(', '))
    return graph.answer(asked, {
      principal,
      target: raw.target,
      readBody: () => raw.readBody(),
      hasLeft: () => raw.hasLeft(),
    })
  })
}
