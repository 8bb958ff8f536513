import type { Contract } from './contract.ts'
import { isObject } from './json.ts'
import { type JsonSchema, SchemaCollection } from './json-schema.ts'
import { idempotencyKeyHeader } from './nonce.ts'
import { healthPath } from './openapi-health.ts'
import { problemResponses, problemSchemas } from './openapi-problems.ts'
import type { Route } from './route.ts'
import { operationSchemaName } from './shapes.ts'

/** An OpenAPI 3.1 document, ready for JSON. */
export interface OpenApiDocument {
  readonly openapi: '3.1.0'
  readonly info: { readonly title: string; readonly version: string; readonly description: string }
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> }
}

/** Describes an app's routes, from the same shapes and tables that answer them. */
export function createOpenApi(options: {
  readonly app: string
  readonly contract: Contract
  readonly routes: readonly Route[]
}): OpenApiDocument {
  const { app, contract, routes } = options
  const schemas = new SchemaCollection()
  const paths: Record<string, Record<string, unknown>> = { '/health': healthPath }
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method]: describeRoute(route, schemas) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: `${app}: credits ledger`,
      version: '1.0.0',
      description:
        'Each route runs a GraphQL document on the app’s graph, which /graphql serves. ' +
        'Errors are application/problem+json; `code` tells them apart.',
    },
    paths,
    components: {
      schemas: { ...schemas.named, ...problemSchemas, [operationSchemaName]: operationSchema(contract) },
    },
  }
}

function describeRoute(route: Route, schemas: SchemaCollection) {
  const { method, path, summary, description, request, success } = route
  const body = request.body && withoutRequiredNonce(route, schemas.add(request.body, 'input'))
  return {
    operationId: `${method}${path.replace(/[^a-z]+/g, '_')}`,
    summary,
    ...(description === undefined ? {} : { description }),
    tags: [path.split('/')[1]],
    parameters: [
      ...describeParameters(request.params, 'path', schemas),
      ...describeParameters(request.query, 'query', schemas),
      ...(route.takesNonce ? [idempotencyKeyParameter] : []),
    ],
    ...(body && {
      requestBody: {
        required: !route.bodyOptional,
        content: { 'application/json': { schema: { ...body, additionalProperties: false } } },
      },
    }),
    responses: {
      [success.status]: {
        description: success.description ?? 'OK.',
        ...(route.takesNonce ? { headers: replayedHeader } : {}),
        content: { 'application/json': { schema: schemas.add(success.body, 'output') } },
      },
      ...problemResponses(route),
    },
  }
}

function describeParameters(
  shape: Route['request']['params'],
  place: 'path' | 'query',
  schemas: SchemaCollection,
) {
  if (!shape) return []
  const { properties, required } = schemas.add(shape, 'input')
  return Object.entries(isObject(properties) ? properties : {}).map(([name, schema]) => ({
    name,
    in: place,
    required: Array.isArray(required) && required.includes(name),
    schema,
  }))
}

/** The header may stand in for a body's nonce. */
function withoutRequiredNonce({ takesNonce }: Route, { required, ...schema }: JsonSchema): JsonSchema {
  if (!Array.isArray(required)) return schema
  return { ...schema, required: required.filter((name) => !takesNonce || name !== 'nonce') }
}

const idempotencyKeyParameter = {
  name: idempotencyKeyHeader,
  in: 'header',
  required: false,
  description: 'In place of `nonce`: an identical repetition is answered like the original.',
  schema: { type: 'string' },
}

const replayedHeader = {
  'Idempotency-Replayed': {
    description: '`true` where this answers a request that was carried out before.',
    schema: { type: 'string', enum: ['true'] },
  },
}

function operationSchema({ operations }: Contract): JsonSchema {
  const lines = operations.map(
    ({ name, description }) => `- \`${name}\`${description ? `: ${description}` : ''}`,
  )
  return {
    type: 'string',
    enum: operations.map(({ name }) => name),
    description: lines.join('\n'),
    examples: ['CREDIT_ADD'],
  }
}
