import { request } from 'node:http'
import { createTestDatabase } from '@shared-ledger/postgres/testing'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type AppProcess, startAppProcess } from './app-process.ts'

const database = await createTestDatabase()
const sql = new pg.Client({ connectionString: database.url })
let server: AppProcess
beforeAll(async () => {
  await sql.connect()
  server = await startAppProcess('content', database.url)
})
afterAll(async () => {
  await server.stop()
  await sql.end()
  await database.drop()
})

/** Whatever was sent, nothing is written, and the same process still answers. */
afterEach(async () => {
  const { rows } = await sql.query('SELECT FROM ledger.accounts UNION ALL SELECT FROM ledger.entries')
  expect(rows).toEqual([])
  expect(server.process.exitCode).toBeNull()
  expect((await send('GET', '/health')).status).toBe(200)
})

interface Answer {
  readonly status: number
  readonly headers: Record<string, unknown>
  readonly text: string
}

/** Sends bytes unchanged. `fetch` would correct paths and refuse methods. */
function send(
  method: string,
  path: string,
  body?: string | Buffer,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const { hostname, port } = new URL(server.url)
  return new Promise((resolve, reject) => {
    const outgoing = request({ hostname, port, method, path, headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString(),
        }),
      )
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

const json = { 'content-type': 'application/json' }
const postRest = async (body: string | Buffer) => {
  const { status, text } = await send('POST', '/ledger', body, json)
  return { status, ...JSON.parse(text) }
}
const mutation = `mutation ($input: PostLedgerEntryInput!) {
  postLedgerEntry(input: $input) { __typename ... on Error { code } ... on ValidationError { errors { field } } }
}`
const postGraphql = async (input: string) => {
  const { status, text } = await send(
    'POST',
    '/graphql',
    `{"query":${JSON.stringify(mutation)},"variables":{"input":${input}}}`,
    json,
  )
  return { status, ...JSON.parse(text) }
}

/** A field whose value breaks a rule. REST names the field. GraphQL returns a ValidationError or refuses the type. */
describe.each([
  ['an empty owner', 'ownerId', '""', 'rule'],
  ['an owner of 1 MB', 'ownerId', JSON.stringify('x'.repeat(1_000_000)), 'rule'],
  ['an owner with NUL', 'ownerId', '"a\\u0000b"', 'rule'],
  ['an owner with a lone surrogate', 'ownerId', '"\\ud800"', 'rule'],
  ['an owner that is a number', 'ownerId', '5', 'type'],
  ['an owner that is null', 'ownerId', 'null', 'type'],
  ['an empty nonce', 'nonce', '""', 'rule'],
  ['a nonce of 1 MB', 'nonce', JSON.stringify('x'.repeat(1_000_000)), 'rule'],
  ['a nonce with NUL', 'nonce', '"\\u0000"', 'rule'],
  ['a nonce with a lone surrogate', 'nonce', '"\\udfff"', 'rule'],
  ['a nonce that is a list', 'nonce', '["a"]', 'type'],
  ['an unknown operation', 'operation', '"PROJECT_PAYMENT"', 'type'],
  ['an operation that every object has', 'operation', '"toString"', 'type'],
  ['an operation that is a number', 'operation', '1', 'type'],
  ['an amount of 0', 'amount', '0', 'rule'],
  ['an amount of 1.5', 'amount', '1.5', 'type'],
  ['an amount of 1e30', 'amount', '1e30', 'type'],
  ['an amount of 2^53', 'amount', '9007199254740992', 'type'],
  ['a negative amount for an operation that gives', 'amount', '-10', 'rule'],
  ['an amount as text', 'amount', '"10"', 'type'],
  ['an amount that is true', 'amount', 'true', 'type'],
  ['metadata that is a list', 'metadata', '["a"]', 'type'],
  ['metadata with a number', 'metadata', '{"a":1}', 'type'],
  ['metadata with NUL', 'metadata', '{"a":"\\u0000"}', 'rule'],
  ['metadata of 1 MB', 'metadata', JSON.stringify({ a: 'x'.repeat(1_000_000) }), 'rule'],
  [
    'metadata with 21 keys',
    'metadata',
    JSON.stringify(Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`k${i}`, '']))),
    'rule',
  ],
  ['an extra field', 'colour', '"red"', 'type'],
] as const)('%s', (_what, field, value, kind) => {
  const valid = { ownerId: '"ada"', operation: '"CREDIT_ADD"', amount: '10', nonce: '"n"' }
  const bodyOf = (fields: Record<string, string>) =>
    `{${Object.entries(fields)
      .map(([name, text]) => `"${name}":${text}`)
      .join(',')}}`

  test('by REST is 422 and names the field', async () => {
    const { ownerId, ...rest } = { ...valid, [field]: value }
    const answer = await postRest(bodyOf({ owner_id: ownerId, ...rest }))
    expect(answer).toMatchObject({ status: 422, code: 'VALIDATION_ERROR' })
    const restField = field === 'ownerId' ? 'owner_id' : field
    expect(answer.errors.map((error: { field: string }) => error.field.split('.')[0])).toContain(restField)
  })

  test('by GraphQL is refused', async () => {
    const answer = await postGraphql(bodyOf({ ...valid, [field]: value }))
    if (kind === 'rule') {
      expect(answer.data.postLedgerEntry).toMatchObject({
        __typename: 'ValidationError',
        code: 'VALIDATION_ERROR',
      })
      expect(answer.data.postLedgerEntry.errors[0].field.split('.')[0]).toBe(field)
    } else {
      expect(answer.errors[0].extensions.code).toBe('BAD_USER_INPUT')
      expect(answer.errors[0].message).toContain(field)
    }
  })
})

describe.each(['owner_id', 'operation', 'nonce'])('a body without %s', (field) => {
  test('by REST is 422 and names it', async () => {
    const body = { owner_id: 'ada', operation: 'CREDIT_ADD', nonce: 'n', [field]: undefined }
    expect(await postRest(JSON.stringify(body))).toMatchObject({ status: 422, errors: [{ field }] })
  })

  test('by GraphQL is refused by its type', async () => {
    const name = field === 'owner_id' ? 'ownerId' : field
    const input = { ownerId: 'ada', operation: 'CREDIT_ADD', nonce: 'n', [name]: undefined }
    const { errors } = await postGraphql(JSON.stringify(input))
    expect(errors[0]).toMatchObject({ extensions: { code: 'BAD_USER_INPUT' } })
    expect(errors[0].message).toContain(name)
  })
})

test.each([
  ['nothing', ''],
  ['text', 'hello'],
  ['half of it', '{"owner_id":'],
  ['a comma too many', '{"owner_id":"a",}'],
  ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22])],
])('%s for JSON is 400, by REST and GraphQL', async (_what, body) => {
  for (const path of ['/ledger', '/graphql']) {
    const { status, text } = await send('POST', path, body, json)
    expect({ path, status }).toEqual({ path, status: 400 })
    expect(text).toContain('MALFORMED_JSON')
  }
})

test('a field of the body in the query is refused, and nothing is posted', async () => {
  const body = '{"owner_id":"ada","operation":"CREDIT_ADD","nonce":"n"}'
  const { status, text } = await send('POST', '/ledger?dry_run=true', body, json)
  expect([status, JSON.parse(text).errors]).toEqual([
    422,
    [{ field: 'dry_run', message: 'is not a field of this request' }],
  ])
})

test.each([['null'], ['[]'], ['"text"'], ['5'], ['{}']])('the JSON %s is refused', async (body) => {
  expect((await postRest(body)).status).toBe(422)
  expect((await send('POST', '/graphql', body, json)).status).toBe(400)
})

test.each([
  ['GET', '/nowhere', 404, 'NOT_FOUND'],
  ['GET', '/ledger/a/b/c', 404, 'NOT_FOUND'],
  ['DELETE', '/ledger', 405, 'METHOD_NOT_ALLOWED'],
  ['PUT', '/ledger/ada', 405, 'METHOD_NOT_ALLOWED'],
  ['PUT', '/ledger', 405, 'METHOD_NOT_ALLOWED'],
  ['DELETE', '/graphql', 405, 'METHOD_NOT_ALLOWED'],
  ['GET', '/ledger/%', 400, 'MALFORMED_PATH'],
  ['GET', '/ledger/%ff', 400, 'MALFORMED_PATH'],
  ['GET', '/ledger/%ed%a0%80', 400, 'MALFORMED_PATH'],
  ['GET', '/ledger/%c0%80', 400, 'MALFORMED_PATH'],
  ['GET', '/ledger/%00', 422, 'VALIDATION_ERROR'],
  ['GET', `/ledger/${'x'.repeat(256)}`, 422, 'VALIDATION_ERROR'],
  ['GET', '/ledger/ada/entries?first=0', 422, 'VALIDATION_ERROR'],
  ['GET', '/ledger/ada/entries?first=x', 422, 'VALIDATION_ERROR'],
  ['GET', '/ledger/ada/entries?first=101', 422, 'VALIDATION_ERROR'],
  ['GET', '/ledger/ada/entries?after=x', 422, 'VALIDATION_ERROR'],
  ['GET', '/ledger/ada/entries?colour=red', 422, 'VALIDATION_ERROR'],
  ['GET', '/ledger/ada/entries?operation=NONE', 422, 'VALIDATION_ERROR'],
  ['GET', '/ledger/ada/entry', 422, 'VALIDATION_ERROR'],
  ['GET', '/ledger/ada/entry?nonce=%00', 422, 'VALIDATION_ERROR'],
  ['GET', '/ledger/ada/entry?nonce=n', 404, 'ENTRY_NOT_FOUND'],
  ['GET', '/operations?colour=red', 422, 'VALIDATION_ERROR'],
  ['GET', '/operations/summary', 422, 'VALIDATION_ERROR'],
  ['POST', '/operations', 405, 'METHOD_NOT_ALLOWED'],
])('%s %s is %i', async (method, path, status, code) => {
  const answer = await send(method, path)
  expect({ status: answer.status, text: answer.text }).toMatchObject({
    status,
    text: expect.stringContaining(code),
  })
  if (status === 405) expect(answer.headers.allow).toBeTypeOf('string')
})

test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', undefined])(
  'the media type %s is 415, by REST and GraphQL',
  async (type) => {
    const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type }
    const rest = await send(
      'POST',
      '/ledger',
      '{"owner_id":"ada","operation":"CREDIT_ADD","nonce":"n"}',
      headers,
    )
    expect(rest.status).toBe(415)
    const graphql = await send('POST', '/graphql', '{"query":"{ __typename }"}', headers)
    expect(graphql.status).toBe(415)
  },
)

test.each([
  ['a syntax error', '{"query":"{"}', 'GRAPHQL_PARSE_FAILED'],
  ['an unknown field', '{"query":"{ secrets }"}', 'GRAPHQL_VALIDATION_FAILED'],
  ['a query that is a number', '{"query":5}', 'MALFORMED_REQUEST'],
  ['variables that are text', '{"query":"{ __typename }","variables":"x"}', 'MALFORMED_REQUEST'],
  [
    'an unknown operation name',
    '{"query":"query A { __typename }","operationName":"B"}',
    'OPERATION_RESOLUTION_FAILURE',
  ],
  ['a million fields', JSON.stringify({ query: `{ ${'a '.repeat(500_000)} }` }), 'GRAPHQL_PARSE_FAILED'],
])('%s has a code', async (_what, body, code) => {
  const { status, text } = await send('POST', '/graphql', body, json)
  expect(status).toBeLessThan(500)
  expect(JSON.parse(text).errors[0].extensions.code).toBe(code)
})

test.each(['/ledger', '/graphql'])('3 MiB to %s is 413, and the connection lives', async (path) => {
  const { status, text } = await send('POST', path, JSON.stringify({ query: 'x'.repeat(3 * 2 ** 20) }), json)
  expect(status).toBe(413)
  expect(text).toContain('PAYLOAD_TOO_LARGE')
})

test('no request caused a fault', () => {
  expect(server.output()).not.toContain('"fault"')
  expect(server.output()).not.toContain('INTERNAL_ERROR')
})
