import type { GraphQLSchema } from 'graphql'
import type { JsonSchema, SchemaCollection } from './json-schema.ts'
import { idempotencyKeyHeader } from './nonce.ts'
import { exampleOf } from './openapi-example.ts'
import { problemResponses } from './openapi-problems.ts'
import type { Route } from './route.ts'

/** Describes one route. The named schemas of its shapes are collected in `schemas`. */
export function describeRoute(route: Route, schema: GraphQLSchema, schemas: SchemaCollection) {
  const { operationId, summary, description, request, success } = route
  const body = request.body && withoutRequiredNonce(route, schemas.add(request.body, 'input'))
  return {
    operationId,
    summary,
    ...(description === undefined ? {} : { description }),
    parameters: [
      ...describeParameters(request.params, 'path', schemas),
      ...describeParameters(request.query, 'query', schemas),
      ...(route.takesNonce ? [idempotencyKeyParameter] : []),
    ],
    ...(body && {
      requestBody: {
        required: !route.bodyOptional,
        content: {
          'application/json': {
            schema: { ...body, additionalProperties: false },
            example: exampleOf(body, schemas.named),
          },
        },
      },
    }),
    responses: {
      [success.status]: {
        description: success.description ?? 'OK.',
        ...(route.takesNonce ? { headers: replayedHeader } : {}),
        content: { 'application/json': { schema: schemas.add(success.body, 'output') } },
      },
      ...problemResponses(route, schema),
    },
  }
}

function describeParameters(
  shape: Route['request']['params'],
  place: 'path' | 'query',
  schemas: SchemaCollection,
) {
  if (!shape) return []
  const { properties = {}, required: needed = [] } = schemas.add(shape, 'input')
  return Object.entries(properties).map(([name, { description, ...schema }]) => {
    const required = needed.includes(name)
    const example = schema.examples?.[0]
    // /docs shows the description of a parameter, not of its schema. An optional parameter has no example: /docs would
    // fill it in and send it.
    return {
      name,
      in: place,
      required,
      ...(description !== undefined && { description }),
      schema,
      ...(required && example !== undefined && { example }),
    }
  })
}

/** The header may stand in for a body's nonce. */
function withoutRequiredNonce({ takesNonce }: Route, { required, ...schema }: JsonSchema): JsonSchema {
  if (!required) return schema
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
