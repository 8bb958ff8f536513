import { checkMediaType, Problem, parseJson, parseTarget, problem } from '@shared-ledger/rest'
import { GraphQLError } from 'graphql'
import type { GraphQLParams, Plugin } from 'graphql-yoga'
import { z } from 'zod'
import { ClientLeft } from './client-left.ts'
import type { DocumentTurns } from './document-turns.ts'
import { graphqlProblem } from './graphql-errors.ts'
import type { GraphqlServerContext } from './graphql-server-context.ts'

/**
 * Accepts GraphQL requests only as JSON, under the same limits as REST. Forms and plain text are refused, because any
 * web page could send them without a CORS preflight. Each request waits for its document's turn.
 */
export function useJsonRequests(turns: Pick<DocumentTurns, 'wait'>): Plugin<object, GraphqlServerContext> {
  const parseInTurn = async (request: Request, context: GraphqlServerContext): Promise<GraphQLParams> => {
    const params = await parseParams(request, context)
    await turns.wait(params.query?.length ?? 0)
    if (context.hasLeft()) throw new ClientLeft()
    return params
  }
  return {
    onRequestParse({ request, serverContext, setRequestParser }) {
      setRequestParser(() => parseInTurn(request, serverContext).catch(refuse))
    },
  }
}

async function parseParams(
  { method, headers }: Request,
  { target, readBody }: GraphqlServerContext,
): Promise<GraphQLParams> {
  if (method === 'GET') return paramsOfQuery(parseTarget(target).query)
  checkMediaType({ header: (name) => headers.get(name) })
  return checkParams(parseJson(await readBody()))
}

function paramsOfQuery(query: ReturnType<typeof parseTarget>['query']): GraphQLParams {
  const parameter = (name: string) => query.find((pair) => pair[0] === name)?.[1]
  const json = (name: string) => {
    const text = parameter(name)
    return text ? parseJson(new TextEncoder().encode(text)) : undefined
  }
  return checkParams({
    query: parameter('query'),
    operationName: parameter('operationName') || undefined,
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
