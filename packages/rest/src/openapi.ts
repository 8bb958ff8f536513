import type { GraphQLSchema } from 'graphql'
import type { Contract } from './contract.ts'
import { type JsonSchema, SchemaCollection } from './json-schema.ts'
import { probePaths } from './openapi-health.ts'
import { problemSchemas } from './openapi-problems.ts'
import { describeRoute } from './openapi-route.ts'
import type { Route } from './route.ts'
import * as shapes from './shapes.ts'
import { ledgerTags } from './tags.ts'

/** Facts about an app for its openapi.json. */
export interface AppInfo {
  /** The app's version. */
  readonly version: string
  /** The licence of its interface. `identifier` is the licence's SPDX identifier. */
  readonly license?: { readonly name: string; readonly identifier?: string }
  /** The person or team that answers questions about it. */
  readonly contact?: { readonly name?: string; readonly url?: string; readonly email?: string }
}

/** An OpenAPI 3.1 document, ready for JSON. */
export type OpenApiDocument = ReturnType<typeof createOpenApi>

/** The credentials that a server may require. */
const securitySchemes = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key, or a token, where the server asks for one.',
  },
}

/** Describes an app's routes, from the same shapes and tables that answer them. */
export function createOpenApi(options: {
  readonly app: string
  readonly schema: GraphQLSchema
  readonly contract: Contract
  readonly info: AppInfo
  readonly routes: readonly Route[]
}) {
  const { app, schema, contract, info, routes } = options
  const [ownBook] = contract.books
  const [exchange] = contract.exchanges
  const schemas = new SchemaCollection({
    ...problemSchemas,
    [shapes.operationSchemaName]: valuesSchema(contract.operations, 'CREDIT_ADD'),
    [shapes.postOperationSchemaName]: valuesSchema(contract.postOperations, 'CREDIT_ADD'),
    [shapes.bookSchemaName]: ownBook && valuesSchema(contract.books, ownBook.name),
    [shapes.exchangeSchemaName]: exchange && valuesSchema(contract.exchanges, exchange.name),
    ...(contract.hasLots ? {} : { [shapes.expirySchemaName]: undefined }),
  })
  const paths: Record<string, Record<string, unknown>> = { ...probePaths }
  for (const route of routes) {
    const tag = route.tag ?? app
    const described = { tags: [tag], ...describeRoute(route, schema, schemas) }
    paths[route.path] = { ...paths[route.path], [route.method]: described }
  }
  const used = new Set(['health', ...routes.map(({ tag = app }) => tag)])
  const tags = Object.entries({ ...ledgerTags, [app]: 'What only this app has.' })
  return {
    openapi: '3.1.0',
    info: {
      ...info,
      title: `${app}: credits ledger`,
      description:
        'Each route runs a GraphQL document on the app’s graph, which /graphql serves. ' +
        'Errors are application/problem+json; `code` tells them apart.',
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }, {}], // {}: a server that requires no credentials
    tags: tags.filter(([name]) => used.has(name)).map(([name, description]) => ({ name, description })),
    paths,
    components: { schemas: schemas.named, securitySchemes },
  }
}

function valuesSchema(values: Contract['books'], example: string): JsonSchema {
  const lines = values.map(({ name, description }) => `- \`${name}\`${description ? `: ${description}` : ''}`)
  return {
    type: 'string',
    enum: values.map(({ name }) => name),
    description: lines.join('\n'),
    examples: [example],
  }
}
