import { isUtf8 } from 'node:buffer'
import { acceptedTypes, isObject, isTooDeep, parseExactJson } from '@shared-ledger/rest'
import type { GraphQLParams } from 'graphql-yoga'
import type { RawRequest } from './raw-request.ts'

/** The parameters of a request that can be answered without Yoga. */
type KnownParams = Required<Pick<GraphQLParams, 'query'>> & Pick<GraphQLParams, 'operationName' | 'variables'>

const regularTypes: readonly string[] = ['application/json', 'application/graphql-response+json']

/** The media types of GraphQL answers. A client that accepts any type gets the first. */
export const graphqlTypes: readonly string[] = [...regularTypes, 'text/event-stream']

const contentTypes: ReadonlySet<string | null> = new Set([
  'application/json',
  'application/json; charset=utf-8',
  'application/json;charset=utf-8',
  'application/json; charset=UTF-8',
  'application/json;charset=UTF-8',
])

/** A larger body goes to Yoga, which parses it once. Compared to that, Yoga's own cost is small. */
const maxKnownBytes = 128 * 1024

/**
 * Returns the media type to answer a usual POST of JSON with. Returns undefined for any other request, which Yoga
 * answers.
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

/** Returns the parameters in a body, or undefined when they are malformed or unusual. */
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
