import type { GraphQLSchema } from 'graphql'
import { acceptedTypes } from './accept.ts'
import { appProblems } from './app-problems.ts'
import { checkMediaType, parseJson } from './body.ts'
import { createBookWriter } from './books.ts'
import { readContract } from './contract.ts'
import { assertDocument } from './document.ts'
import { type Asker, type Execute, runFor } from './execute.ts'
import { ledgerRoutes } from './ledger-routes/index.ts'
import { idempotencyKeyHeader, withIdempotencyKey } from './nonce.ts'
import { type AppInfo, createOpenApi, type OpenApiDocument } from './openapi.ts'
import { Problem, problem, problemAnswer, type RestAnswer } from './problem.ts'
import { type ProblemTable, problems } from './problems.ts'
import type { RawInput } from './request.ts'
import type { Route } from './route.ts'
import { createRouter } from './router.ts'
import { parseTarget } from './target.ts'

interface RestOptions {
  /** The app's name, for openapi.json. */
  readonly app: string
  /** What openapi.json says about the app. The version is 0.0.0 when left out. */
  readonly info?: AppInfo | undefined
  /** The app's graph: the ledger's types and the app's own. */
  readonly schema: GraphQLSchema
  readonly execute: Execute
  /** The app's own routes, after the ledger's. */
  readonly routes?: readonly Route[] | undefined
  /** Called for every fault that is answered with INTERNAL_ERROR. */
  readonly onFault?: ((error: unknown) => void) | undefined
}

/** A request as HTTP brought it. */
interface RestRequest extends Asker {
  readonly method: string
  /** The raw request target. `request.url` has only the normalised one. */
  readonly target: string
  /** A header by its lower-case name. */
  header(name: string): string | null
  /** Reads the body. @throws Problem PAYLOAD_TOO_LARGE */
  readonly body: () => Promise<Uint8Array>
}

/** The type of a route's answers. Problems are sent even if a client does not accept their type. */
const answerTypes = ['application/json']

/** An app's REST interface. */
export interface Rest {
  readonly routes: readonly Route[]
  /** Every code that an answer may have, the app's own included. */
  readonly problems: ProblemTable
  readonly openApi: OpenApiDocument
  /** Answers every request, and never rejects. A refusal is an answer too. */
  answer(request: RestRequest): Promise<RestAnswer>
}

/**
 * Creates the REST routes of an app. Each runs a GraphQL document through `execute`.
 *
 * @throws Error when the schema lacks a field that a route's document asks for
 */
export function createRest(options: RestOptions): Rest {
  const { app, info = { version: '0.0.0' }, schema, execute, routes: own = [], onFault } = options
  const contract = readContract(schema)
  const withBooks = createBookWriter(schema)
  const routes = [...ledgerRoutes(contract), ...own].map((route) => ({
    ...route,
    document: withBooks(route.document),
  }))
  for (const { method, path, document } of routes) {
    assertDocument(schema, document, `${method.toUpperCase()} ${path}`)
  }
  const router = createRouter(routes)
  const ownProblems = appProblems(Object.values(schema.getTypeMap()))

  const respond = async (request: RestRequest): Promise<RestAnswer> => {
    const { segments, query } = parseTarget(request.target)
    const allowed = request.method === 'OPTIONS' ? router.methods(segments) : []
    if (allowed.length > 0)
      return { status: 204, headers: { allow: allowed.join(', ') }, body: null, outcome: 'ok' }
    const { route, params } = router.match(request.method, segments)
    if (acceptedTypes(request.header('accept'), answerTypes).length === 0) throw problem('NOT_ACCEPTABLE')
    const input = { params, query, ...(await readBody(route, request)) }
    const run = runFor((document, ...of) => execute(withBooks(document), ...of), request)
    try {
      return ofRoute(await route.answer(input, run), route)
    } catch (error) {
      return ofRoute(refused(error), route)
    }
  }

  const refused = (error: unknown): RestAnswer => {
    const answer = problemAnswer(error instanceof Problem ? error : problem('INTERNAL_ERROR'), ownProblems)
    // The graph has already reported its own faults.
    const known = error instanceof Problem && error.code === 'INTERNAL_ERROR'
    if (answer.status === 500 && !known) onFault?.(error)
    return answer
  }

  return {
    routes,
    problems: { ...problems, ...ownProblems },
    openApi: createOpenApi({ app, schema, info, contract, routes }),
    answer: (request) => respond(request).catch(refused),
  }
}

async function readBody(route: Route, request: RestRequest): Promise<Omit<RawInput, 'params' | 'query'>> {
  if (!route.request.body) return { body: undefined, underIdempotencyKey: false }
  if (!mayBeUndeclared(route, request)) checkMediaType(request)
  const bytes = await request.body()
  if (route.bodyOptional && bytes.length === 0) return { body: {}, underIdempotencyKey: false }
  checkMediaType(request)
  const value = parseJson(bytes)
  const key = route.takesNonce ? request.header(idempotencyKeyHeader.toLowerCase()) : null
  return { body: withIdempotencyKey(value, key), underIdempotencyKey: key !== null }
}

/**
 * Whether a request may come without a body and without a content type. A browser's request has an Origin header and
 * must declare JSON. Another site's page can then send it only after a CORS preflight.
 */
function mayBeUndeclared({ bodyOptional }: Route, request: RestRequest): boolean {
  return bodyOptional && request.header('content-type') === null && request.header('origin') === null
}

function ofRoute(answer: RestAnswer, { operation, path: route }: Route): RestAnswer {
  return { ...answer, route, ...(operation !== undefined && { operation }) }
}
