import { checkMediaType, Problem, parseJson, problem } from '@shared-ledger/rest'
import { GraphQLError } from 'graphql'
import type { GraphQLParams, Plugin } from 'graphql-yoga'
import { z } from 'zod'
import { graphqlProblem } from './graphql-errors.ts'

/** What the server hands to Yoga beside the request. */
export interface GraphqlServerContext {
  readonly readBody: () => Promise<Uint8Array>
  /** Filled in while the request runs, for its line in the log. */
  readonly line: { operation?: string | undefined; outcome: string }
}

/**
 * Takes GraphQL requests as JSON alone, under the limits of REST. Forms and plain text are refused: any web
 * page could send them without the browser asking first.
 */
export function useJsonRequests(): Plugin<object, GraphqlServerContext> {
  return {
    onRequestParse({ request, serverContext, setRequestParser }) {
      setRequestParser(() => parseParams(request, serverContext.readBody).catch(refuse))
    },
  }
}

async function parseParams(request: Request, readBody: () => Promise<Uint8Array>): Promise<GraphQLParams> {
  if (request.method === 'GET') return paramsOfQuery(new URL(request.url).searchParams)
  checkMediaType(request.headers.get('content-type'))
  return checkParams(parseJson(await readBody()))
}

function paramsOfQuery(query: URLSearchParams): GraphQLParams {
  const json = (name: string) => {
    const text = query.get(name)
    return text ? parseJson(new TextEncoder().encode(text)) : undefined
  }
  return checkParams({
    query: query.get('query') ?? undefined,
    operationName: query.get('operationName') || undefined,
    variables: json('variables'),
    extensions: json('extensions'),
  })
}

const object = z.custom<Record<string, unknown>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
)
const paramsShape = z.object({
  query: z.string(),
  operationName: z.string().nullish(),
  variables: object.nullish(),
  extensions: object.nullish(),
})

function checkParams(value: unknown): GraphQLParams {
  const result = paramsShape.safeParse(value)
  if (!result.success) {
    throw problem(
      'MALFORMED_REQUEST',
      'A GraphQL request is one object {query: String!, operationName: String, variables: Object}.',
    )
  }
  const { query, operationName, variables, extensions } = result.data
  return {
    query,
    ...(operationName && { operationName }),
    ...(variables && { variables }),
    ...(extensions && { extensions }),
  }
}

function refuse(error: unknown): never {
  if (error instanceof GraphQLError) throw error
  if (error instanceof Problem) throw graphqlProblem(error)
  throw error
}
