import { createRest, problems } from '@shared-ledger/rest'
import { buildSchema } from 'graphql'
import { describe, expect, test } from 'vitest'
import { probePaths } from '../src/openapi-health.ts'
import { openNotes } from './notes-app.ts'

// biome-ignore lint/suspicious/noExplicitAny: a document of any shape, looked into freely.
type Json = any

/** Creates the document from the schema alone, without a connection. */
function createDocument() {
  const { schema, routes } = openNotes('postgresql://nobody@127.0.0.1:1/none')
  const rest = createRest({ app: 'notes', schema, routes, execute: () => ({}) })
  const document: Json = JSON.parse(JSON.stringify(rest.openApi))
  return { rest, document }
}

/** Yields every object in a document, with the keys that lead to it. */
function* walk(value: Json, path: string[] = []): Generator<[path: string[], value: Json]> {
  if (typeof value !== 'object' || value === null) return
  yield [path, value]
  for (const [key, part] of Object.entries(value)) yield* walk(part, [...path, key])
}

describe('openapi.json', () => {
  test('has every route of the table, and the health probes', () => {
    const { rest, document } = createDocument()
    expect(document.openapi).toBe('3.1.0')
    expect(document.info.title).toContain('notes')
    for (const { method, path, summary } of rest.routes) {
      expect(document.paths[path][method].summary).toBe(summary)
    }
    const described = Object.entries<Json>(document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method} ${path}`),
    )
    expect(described).toHaveLength(rest.routes.length + 3)
    expect(described).toEqual(expect.arrayContaining(['get /health', 'get /livez', 'get /readyz']))
  })

  test('has the app’s information', () => {
    const { schema, routes } = openNotes('postgresql://nobody@127.0.0.1:1/none')
    const info = { version: '1.2.3', license: { name: 'MIT', identifier: 'MIT' }, contact: { name: 'Ann' } }
    const { openApi } = createRest({ app: 'notes', info, schema, routes, execute: () => ({}) })
    expect(openApi.info).toMatchObject({ ...info, title: 'notes: credits ledger' })
    expect(createDocument().document.info.version).toBe('0.0.0')
  })

  test('has one of several paths with the same answers', () => {
    const { rest, document } = createDocument()
    expect(rest.routes.find(({ operationId }) => operationId === 'postEntry')?.aliases).toEqual(['/ledger/'])
    expect(document.paths).not.toHaveProperty('/ledger/')
  })

  test('has each operation under one tag, and describes the tags', () => {
    const { document } = createDocument()
    const operations = Object.values<Json>(document.paths).flatMap((item) => Object.values<Json>(item))
    const names = document.tags.map(({ name }: Json) => name)
    expect(names).toEqual(['entries', 'balances', 'transactions', 'holds', 'operations', 'health', 'notes'])
    expect(new Set(operations.flatMap(({ tags }) => tags))).toEqual(new Set(names))
    expect(operations.filter(({ tags }) => tags.length !== 1)).toEqual([])
    expect(document.paths['/notes'].post.tags).toEqual(['notes'])
  })

  test('has a schema for every status, and a unique name for every operation', () => {
    const { document } = createDocument()
    const operations = Object.values<Json>(document.paths).flatMap((item) => Object.values<Json>(item))
    const names = operations.map(({ operationId }) => operationId)
    expect(new Set(names).size).toBe(operations.length)
    expect(names.filter((name) => !/^[a-z][a-zA-Z]+$/.test(name))).toEqual([])
    expect(document.paths['/balance/{owner_id}'].get.operationId).toBe('getBalance')
    for (const { responses } of operations) {
      for (const { description, content } of Object.values<Json>(responses)) {
        expect(description).not.toBe('')
        for (const { schema } of Object.values<Json>(content)) expect(schema).toBeTypeOf('object')
      }
    }
  })

  test('refers only to schemas that it has', () => {
    const { document } = createDocument()
    for (const [, { $ref }] of walk(document)) {
      if ($ref === undefined) continue
      const [, ...keys] = $ref.split('/')
      expect(
        keys.reduce((value: Json, key: string) => value?.[key], document),
        $ref,
      ).toBeTypeOf('object')
    }
  })

  test('names the parameters of each path', () => {
    const { rest, document } = createDocument()
    const needed: Record<string, string[]> = {
      '/ledger/{owner_id}/summary': ['from', 'to', 'per'],
      '/operations/summary': ['from', 'to', 'per'],
      '/operations/outstanding': ['from', 'to', 'per'],
      '/ledger/{owner_id}/entry': ['nonce'],
    }
    for (const { method, path } of rest.routes) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      const parameters: Json[] = document.paths[path][method].parameters
      expect(parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)).toEqual(
        inPath,
      )
      for (const parameter of parameters) {
        const isNeeded = parameter.in === 'path' || needed[path]?.includes(parameter.name) === true
        expect([path, parameter.name, parameter.required]).toEqual([path, parameter.name, isNeeded])
        expect(parameter.schema).toBeTypeOf('object')
      }
    }
    const [ownerId, first] = document.paths['/ledger/{owner_id}/entries'].get.parameters
    expect(ownerId).toMatchObject({ name: 'owner_id', required: true, example: 'test_user' })
    expect(first).toEqual({
      name: 'first',
      in: 'query',
      required: false,
      description: 'The size of a page.',
      schema: { type: 'integer', minimum: 1, maximum: 100, default: 20 },
    })
  })

  test('lists the app’s operations', () => {
    const { document } = createDocument()
    const { LedgerOperation, LedgerEntry } = document.components.schemas
    expect(LedgerOperation.enum).toEqual([
      'DAILY_REWARD',
      'SIGNUP_CREDIT',
      'CREDIT_SPEND',
      'CREDIT_ADD',
      'CONTENT_CREATION',
      'CONTENT_ACCESS',
    ])
    expect(LedgerOperation.description).toContain('`CONTENT_CREATION`: The price of publishing a content.')
    expect(LedgerEntry.properties.operation.type).toBe('string')
    expect(LedgerEntry.properties.operation).not.toHaveProperty('enum')
    expect(LedgerEntry.required).toContain('balance_after')
  })

  test('requires no nonce in the body, because the header may have it', () => {
    const { document } = createDocument()
    const { parameters, requestBody, responses } = document.paths['/ledger'].post
    expect(parameters).toMatchObject([{ name: 'Idempotency-Key', in: 'header' }])
    const { schema } = requestBody.content['application/json']
    expect(schema).toMatchObject({ required: ['owner_id', 'operation'], additionalProperties: false })
    expect(Object.keys(schema.properties)).toEqual([
      'owner_id',
      'operation',
      'nonce',
      'amount',
      'metadata',
      'dry_run',
    ])
    expect(responses[200].headers).toHaveProperty('Idempotency-Replayed')
  })

  test('describes everything in the ledger', () => {
    const { document } = createDocument()
    const { '/ledger/batch': batch, '/ledger/holds/{hold_id}/release': release } = document.paths
    const bodyOf = (route: Json) => route.post.requestBody.content['application/json'].schema
    expect(bodyOf(batch).properties.entries).toMatchObject({
      type: 'array',
      minItems: 1,
      maxItems: 1000,
      items: { $ref: '#/components/schemas/LedgerEntryPosting' },
    })
    expect(batch.post.parameters).toEqual([])
    expect(document.components.schemas.LedgerEntryPosting).toMatchObject({
      required: ['owner_id', 'operation', 'nonce'],
      additionalProperties: false,
    })
    const { results } = batch.post.responses[200].content['application/json'].schema.properties
    expect(results.items.anyOf[1]).toEqual({ $ref: '#/components/schemas/Problem' })
    expect(release.post.requestBody.required).toBe(false)
    expect(document.paths['/ledger/{owner_id}/overdraft'].put.requestBody.required).toBe(true)
    expect(document.components.schemas.Problem.required).toContain('code')
    const { parameters } = document.paths['/ledger/{owner_id}/entries'].get
    expect(parameters.find(({ name }: Json) => name === 'from').schema).toMatchObject({ format: 'date-time' })
    expect(parameters.find(({ name }: Json) => name === 'metadata').schema).toMatchObject({
      type: 'object',
      patternProperties: { '^metadata\\.': { type: 'string' } },
    })
  })

  test('shows every code of a route under its status', () => {
    const { document } = createDocument()
    const codes = (path: string, method: string) =>
      Object.entries<Json>(document.paths[path][method].responses).flatMap(([status, { content }]) =>
        Object.entries<Json>(content['application/problem+json']?.examples ?? {}).map(([code, { value }]) => {
          expect([value.code, value.status]).toEqual([code, Number(status)])
          return code
        }),
      )
    expect(codes('/ledger', 'post').sort()).toEqual([
      'ACCOUNT_BUSY',
      'ACCOUNT_CLOSED',
      'ACCOUNT_FROZEN',
      'ACCOUNT_NOT_EMPTY',
      'BALANCE_OUT_OF_RANGE',
      'DATABASE_UNAVAILABLE',
      'DUPLICATE_NONCE',
      'FORBIDDEN',
      'IDENTITY_UNAVAILABLE',
      'INSUFFICIENT_BALANCE',
      'INTERNAL_ERROR',
      'LIMIT_REACHED',
      'MALFORMED_JSON',
      'MALFORMED_PATH',
      'MALFORMED_REQUEST',
      'MISDIRECTED_REQUEST',
      'NOT_ACCEPTABLE',
      'OVERLOADED',
      'PAYLOAD_TOO_LARGE',
      'RATE_LIMITED',
      'SERVER_OUTDATED',
      'TRANSACTION_CONFLICT',
      'UNAUTHENTICATED',
      'UNSUPPORTED_MEDIA_TYPE',
      'VALIDATION_ERROR',
    ])
    const ofLots = ['LOT_NOT_FOUND', 'LOT_ENDED', 'LOT_HELD'] // lots.test.ts has an app with lots
    const ofNoRoute = ['SUBSCRIBER_TOO_SLOW', 'NOT_FOUND', 'METHOD_NOT_ALLOWED', 'QUERY_TOO_EXPENSIVE']
    const shown = new Set(
      Object.entries<Json>(document.paths).flatMap(([path, item]) =>
        path in probePaths ? [] : Object.keys(item).flatMap((method) => codes(path, method)),
      ),
    )
    expect(Object.keys(problems).filter((code) => !shown.has(code))).toEqual([...ofLots, ...ofNoRoute])
    expect(codes('/notes/{note_id}/access', 'post')).toContain('NOTE_NOT_FOUND')
    expect(codes('/ledger/batch', 'post')).toContain('OVERLOADED')
    expect(codes('/ledger/holds', 'post')).not.toContain('BALANCE_OUT_OF_RANGE')
    expect(codes('/ledger/holds', 'post')).toContain('ACCOUNT_FROZEN')
    expect(codes('/ledger/{owner_id}/overdraft', 'put')).not.toContain('ACCOUNT_NOT_EMPTY')
    expect(codes('/ledger/holds/{hold_id}/capture', 'post')).not.toContain('INSUFFICIENT_BALANCE')
    expect(codes('/ledger/entries/{entry_id}/refund', 'post')).toContain('REFUND_EXCEEDED')
    expect(codes('/ledger/{owner_id}/entries', 'get')).not.toContain('ACCOUNT_BUSY')
    expect(codes('/ledger/{owner_id}/entry', 'get')).toContain('ENTRY_NOT_FOUND')
    expect(codes('/ledger/{owner_id}', 'get')).not.toContain('DUPLICATE_NONCE')
  })

  test('shows the entry of a refusal when the request has entries', () => {
    const { document } = createDocument()
    const example = (path: string, method: string) =>
      document.paths[path][method].responses[422].content['application/problem+json'].examples
        .BALANCE_OUT_OF_RANGE.value
    expect(example('/ledger', 'post')).toMatchObject({ entry_index: 0, owner_id: 'test_user' })
    const overdraft = example('/ledger/{owner_id}/overdraft', 'put')
    expect(Object.keys(overdraft)).toEqual(['type', 'title', 'status', 'detail', 'code', 'balance'])
  })

  test('describes what an owner has and can spend', () => {
    const { document } = createDocument()
    const bodyOf = (path: string) =>
      document.paths[path].get.responses[200].content['application/json'].schema
    expect(bodyOf('/ledger/{owner_id}')).toEqual({ $ref: '#/components/schemas/AccountBalance' })
    expect(document.components.schemas.AccountBalance.required).toEqual(['owner_id', 'balance'])
    const { PostedHold, LedgerOperationInfo } = document.components.schemas
    expect(Object.keys(PostedHold.properties)).toEqual([
      'hold',
      'balance',
      'overdraft',
      'held',
      'available',
      'state',
    ])
    expect(LedgerOperationInfo.properties.name).toEqual({ $ref: '#/components/schemas/LedgerOperation' })
  })
})

describe('createRest', () => {
  test('refuses two routes with one operationId', () => {
    const { schema, routes } = openNotes('postgresql://nobody@127.0.0.1:1/none')
    const own = routes.map((route) => ({ ...route, operationId: 'getEntry' }))
    expect(() => createRest({ app: 'x', schema, routes: own, execute: () => ({}) })).toThrow(
      "Two routes have the operationId getEntry: an app's own needs another one.",
    )
  })

  test('refuses a schema without the ledger', () => {
    const schema = buildSchema('type Query { a: Int }')
    expect(() => createRest({ app: 'x', schema, execute: () => ({}) })).toThrow('add the ledger to it first')
  })

  test('refuses a route whose document does not fit the schema', () => {
    const foreign = buildSchema(`
      type Query { a: Int } type Mutation { postLedgerEntry(input: Int): Int }
      enum LedgerOperation { A } enum LedgerPostOperation { A }
    `)
    expect(() => createRest({ app: 'x', schema: foreign, execute: () => ({}) })).toThrow(
      'The document of GET /ledger/{owner_id} does not fit the schema',
    )
  })
})
