import { describe, expect, test } from 'vitest'
import { createTestApp, posting, rowsWritten } from './harness.ts'

/** Fields of a posting that the ledger refuses, and the field that REST and GraphQL name. */
const badFields: [what: string, fields: Record<string, unknown>, field: string][] = [
  ['an empty owner', { owner_id: '' }, 'owner_id'],
  ['an owner of 256 characters', { owner_id: 'x'.repeat(256) }, 'owner_id'],
  ['an owner of 1 MB', { owner_id: 'x'.repeat(1_000_000) }, 'owner_id'],
  ['an owner with NUL', { owner_id: 'a\0b' }, 'owner_id'],
  ['an owner with a lone surrogate', { owner_id: '\ud800' }, 'owner_id'],
  ['a missing owner', { owner_id: undefined }, 'owner_id'],
  ['an owner that is null', { owner_id: null }, 'owner_id'],
  ['an owner that is a number', { owner_id: 5 }, 'owner_id'],
  ['an owner that is a list', { owner_id: ['ann'] }, 'owner_id'],
  ['an empty nonce', { nonce: '' }, 'nonce'],
  ['a nonce of 1 MB', { nonce: 'x'.repeat(1_000_000) }, 'nonce'],
  ['a nonce with NUL', { nonce: '\0' }, 'nonce'],
  ['a nonce with a lone surrogate', { nonce: '\udfff' }, 'nonce'],
  ['a missing nonce', { nonce: undefined }, 'nonce'],
  ['an unknown operation', { operation: 'NOPE' }, 'operation'],
  ['another case', { operation: 'credit_add' }, 'operation'],
  ['an operation of 1 MB', { operation: 'X'.repeat(1_000_000) }, 'operation'],
  ['an operation that every object has', { operation: 'constructor' }, 'operation'],
  ['a missing operation', { operation: undefined }, 'operation'],
  ['an operation that is a number', { operation: 1 }, 'operation'],
  ['amount 0', { amount: 0 }, 'amount'],
  ['amount -1', { amount: -1 }, 'amount'],
  ['amount 1.5', { amount: 1.5 }, 'amount'],
  ['amount 1e30', { amount: 1e30 }, 'amount'],
  ['amount 2^53', { amount: 2 ** 53 }, 'amount'],
  ['an amount that is a string', { amount: 'ten' }, 'amount'],
  ['an amount that is an object', { amount: {} }, 'amount'],
  ['an amount that is true', { amount: true }, 'amount'],
  ['another fixed amount', { operation: 'DAILY_REWARD', amount: 2 }, 'amount'],
  ['an unknown field', { extra: 1 }, 'extra'],
  ['metadata that is text', { metadata: 'x' }, 'metadata'],
  ['metadata that is a list', { metadata: [] }, 'metadata'],
  ['metadata of numbers', { metadata: { a: 1 } }, 'metadata'],
  ['metadata of 1 MB', { metadata: { a: 'x'.repeat(1_000_000), b: 1 } }, 'metadata'],
]

describe('REST refuses', () => {
  test.each(badFields)('%s', async (_, fields, field) => {
    const { post, lines } = createTestApp()
    const { status, headers, text, json } = await post(posting(fields))
    expect([status, json.code]).toEqual([422, 'VALIDATION_ERROR'])
    expect(headers.get('content-type')).toBe('application/problem+json')
    expect(json.errors.map((error: { field: string }) => error.field.split('.')[0])).toEqual([field])
    expect(text.length).toBeLessThan(5000)
    expect(await rowsWritten()).toBe(0)
    expect(lines).toMatchObject([{ outcome: 'VALIDATION_ERROR', status: 422 }])
  })

  test('a body with several faults, and names all of them', async () => {
    const { post } = createTestApp()
    const { json } = await post({ owner_id: 5, amount: 'x', extra: 1 })
    expect(json.errors).toEqual([
      { field: 'owner_id', message: 'must be a string' },
      { field: 'operation', message: 'is required' },
      { field: 'nonce', message: 'is required' },
      { field: 'amount', message: 'must be a number' },
      { field: 'extra', message: 'is not a field of this request' },
    ])
    expect(json.detail).toContain('owner_id must be a string; operation is required')
  })

  test('an unknown operation, and lists the known ones', async () => {
    const { post } = createTestApp()
    expect((await post(posting({ operation: 'NOPE' }))).json.errors[0].message).toBe(
      'must be one of DAILY_REWARD, SIGNUP_CREDIT, CREDIT_SPEND, CREDIT_ADD, CONTENT_CREATION, CONTENT_ACCESS',
    )
  })

  test.each([
    [
      'a prototype',
      '{"owner_id":"ann","operation":"CREDIT_ADD","nonce":"n","__proto__":{"amount":5}}',
      '__proto__',
    ],
    [
      'a prototype’s metadata',
      '{"owner_id":"a","operation":"CREDIT_ADD","nonce":"n","metadata":{"__proto__":{}}}',
      'metadata.__proto__',
    ],
    ['text in place of an object', '"text"', 'body'],
    ['null in place of an object', 'null', 'body'],
    ['a list in place of an object', '[]', 'body'],
    ['a number in place of an object', '5', 'body'],
  ])('%s', async (_, body, field) => {
    const { post } = createTestApp()
    const { status, json } = await post(body)
    expect([status, json.errors[0].field]).toEqual([422, field])
    expect(await rowsWritten()).toBe(0)
  })

  test.each([
    ['nothing', ''],
    ['half an object', '{"owner_id":'],
    ['a trailing comma', '{"owner_id":"ann",}'],
    ['NaN', '{"amount":NaN}'],
    ['bytes that are not UTF-8', new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['UTF-16', new Uint8Array(Buffer.from('{"a":1}', 'utf16le'))],
  ])('a body of %s', async (_, body) => {
    const { post } = createTestApp()
    const { status, json } = await post(body)
    expect([status, json.code]).toEqual([400, 'MALFORMED_JSON'])
  })

  test('accepts a key that occurs twice, with its last value', async () => {
    const { post } = createTestApp()
    const { json } = await post('{"owner_id":"ann","owner_id":"bob","operation":"CREDIT_ADD","nonce":"n"}')
    expect(json.entry.owner_id).toBe('bob')
  })

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
    'application/json; charset=latin1',
    'application/json; charset=utf-16',
    '',
  ])('the media type "%s"', async (type) => {
    const { post } = createTestApp()
    const { status, json } = await post(JSON.stringify(posting()), { 'content-type': type })
    expect([status, json.code]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE'])
    expect(await rowsWritten()).toBe(0)
  })

  test.each(['application/json; charset=UTF-8', 'Application/JSON', 'application/json;charset="utf-8"; v=1'])(
    'takes the media type "%s"',
    async (type) => {
      const { post } = createTestApp()
      expect((await post(posting(), { 'content-type': type })).status).toBe(200)
    },
  )

  test.each(['gzip', 'deflate', 'br', 'zstd', 'x-unknown'])('the content encoding %s', async (encoding) => {
    const { post } = createTestApp()
    const { status, headers, json } = await post(posting(), { 'content-encoding': encoding })
    expect([status, json.code, json.detail]).toEqual([
      415,
      'UNSUPPORTED_MEDIA_TYPE',
      'The body must be sent without a Content-Encoding.',
    ])
    expect(headers.get('accept-encoding')).toBe('identity')
    expect(await rowsWritten()).toBe(0)
  })

  test.each(['identity', 'Identity', ''])('accepts the content encoding "%s"', async (encoding) => {
    const { post } = createTestApp()
    expect((await post(posting(), { 'content-encoding': encoding })).status).toBe(200)
  })

  test.each([
    ['GET', '/nope'],
    ['POST', '/ledger/ann/entries/1'],
    ['GET', '//ledger/ann'],
    ['GET', '/ledger/ann/'],
    ['GET', '/LEDGER/ann'],
    ['GET', '/graphql/'],
    ['GET', '/docs/../openapi.json'],
    ['GET', '/problems/nope'],
  ])('%s %s with 404', async (method, path) => {
    const { send } = createTestApp()
    const { status, json } = await send(method, path)
    expect([status, json.code, json.type]).toEqual([404, 'NOT_FOUND', '/problems/not-found'])
  })

  test.each([
    '/ledger/%',
    '/ledger/%zz',
    '/ledger/%c3',
    '/ledger/%c0%af',
    '/ledger/%ed%a0%80',
    '/ledger/%f5%80%80%80',
    '/ledger/ann%ff/entries',
    '/nope/%e0%80',
    '/ledger/ann/entries?after=%ff',
    '/ledger/ann/entries?%',
  ])('the path %s', async (path) => {
    const { get } = createTestApp()
    const { status, json } = await get(path)
    expect([status, json.code]).toEqual([400, 'MALFORMED_PATH'])
  })

  test.each([
    '/ledger/%00',
    '/balance/a%00b',
    '/ledger/',
    '/balance/',
    '/ledger//entries',
    `/ledger/${'x'.repeat(256)}`,
  ])('the owner in %s', async (path) => {
    const { get } = createTestApp()
    const { status, json } = await get(path)
    expect([status, json.errors[0].field]).toEqual([422, 'owner_id'])
  })

  test('a body of more than 2 MiB', async () => {
    const { post } = createTestApp()
    const { status, json } = await post(posting({ owner_id: 'x'.repeat(2 * 1024 * 1024) }))
    expect([status, json.code]).toEqual([413, 'PAYLOAD_TOO_LARGE'])
    expect(await rowsWritten()).toBe(0)
  })
})

describe('an owner’s id in a path may be any text', () => {
  test.each([
    '..',
    '.',
    'a/b',
    'a b',
    ' a ',
    'a+b',
    '%2F',
    'é',
    'e\u0301',
    '🦊',
    '\ufeffbom',
    'entries',
    '?#',
    '\\',
  ])('%s', async (owner) => {
    const { get, post } = createTestApp()
    await post(posting({ owner_id: owner }))
    const path = [...new TextEncoder().encode(owner)]
      .map((octet) => `%${octet.toString(16).padStart(2, '0')}`)
      .join('')
    expect((await get(`/ledger/${path}`)).json).toMatchObject({ owner_id: owner, balance: 10 })
    expect((await get(`/ledger/${path}/entries`)).json.entries).toHaveLength(1)
  })
})

describe('GraphQL refuses', () => {
  const document = `mutation Post($input: PostLedgerEntryInput!) {
    postLedgerEntry(input: $input) {
      __typename
      ... on Error { code }
      ... on ValidationError { errors { field } }
    }
  }`
  const inGraph = ({ owner_id, ...fields }: Record<string, unknown>) => ({ ownerId: owner_id, ...fields })

  test.each(badFields)('%s', async (_, fields, field) => {
    const { graphql, lines } = createTestApp()
    const { status, json, text } = await graphql(document, { input: inGraph(posting(fields)) })
    const refused = json.data?.postLedgerEntry ?? json.errors[0].extensions
    expect(['VALIDATION_ERROR', 'BAD_USER_INPUT']).toContain(refused.code)
    if (refused.errors) expect(refused.errors[0].field).toBe(field === 'owner_id' ? 'ownerId' : field)
    expect(status).toBeLessThan(500)
    expect(text).not.toMatch(/stack|node_modules/)
    expect(text.length).toBeLessThan(5000)
    expect(await rowsWritten()).toBe(0)
    expect(lines.map(({ level }) => level)).toEqual([30])
  })
})
