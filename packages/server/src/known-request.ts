import { isUtf8 } from 'node:buffer'
import { acceptedTypes, isObject, isTooDeep, parseExactJson } from '@shared-ledger/rest'
import type { GraphQLParams } from 'graphql-yoga'
import type { RawRequest } from './raw-request.ts'

/** Parameters of a request that only Yoga could answer otherwise. */
export type KnownParams = Required<Pick<GraphQLParams, 'query'>> &
  Pick<GraphQLParams, 'operationName' | 'variables'>

const regularTypes: readonly string[] = ['application/json', 'application/graphql-response+json']

/** What GraphQL requests are answered with: a client that takes any of them gets the first. */
export const graphqlTypes: readonly string[] = [...regularTypes, 'text/event-stream']

const contentTypes: ReadonlySet<string | null> = new Set([
  'application/json',
  'application/json; charset=utf-8',
  'application/json;charset=utf-8',
  'application/json; charset=UTF-8',
  'application/json;charset=UTF-8',
])

/** A larger body takes so long in itself that the longer way costs little; it is parsed once, there. */
const maxKnownBytes = 128 * 1024

/**
 * The media type of the answer to a POST of JSON as most clients send it; undefined for any other request,
 * which is a matter for Yoga.
 */
export function acceptedTypeOf(request: RawRequest): string | undefined {
  const isPlain =
    request.method === 'POST' &&
    request.target === '/graphql' &&
    contentTypes.has(request.header('content-type')) &&
    request.header('content-encoding') === null &&
    Number(request.header('content-length') ?? Number.NaN) <= maxKnownBytes
  if (!isPlain) return undefined
  return acceptedTypes(request.header('accept'), graphqlTypes).find((type) => regularTypes.includes(type))
}

/** The parameters in a body; undefined where they are not as they should be, or more than the usual ones. */
export function knownParams(body: Uint8Array): KnownParams | undefined {
  const value = tryToParse(body)
  if (!isObject(value)) return undefined
  const { query, operationName = null, variables = null, extensions = null } = value
  const isKnown =
    typeof query === 'string' &&
    (operationName === null || typeof operationName === 'string') &&
    (variables === null || isObject(variables)) &&
    extensions === null
  if (!isKnown) return undefined
  return { query, ...(operationName && { operationName }), ...(variables && { variables }) }
}

function tryToParse(body: Uint8Array): unknown {
  if (!isUtf8(body) || isTooDeep(body)) return undefined
  try {
    return parseExactJson(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString())
  } catch {
    return undefined
  }
}
