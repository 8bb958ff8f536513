import {
  DatabaseUnavailableError,
  OverloadedError,
  ServerOutdatedError,
  TransactionConflictError,
} from '@shared-ledger/ledger'
import { getIntrospectionQuery } from 'graphql'
import { describe, expect, test } from 'vitest'
import { createFailingApp, createTestApp, owner, posting, rowsWritten } from './harness.ts'

const post = `mutation Post($input: PostLedgerEntryInput!) {
  postLedgerEntry(input: $input) { __typename ... on PostLedgerEntrySuccess { balance { amount } } ... on Error { code message } }
}`
const input = () => ({ ownerId: owner(), operation: 'CREDIT_ADD', nonce: 'n' })

describe('/graphql', () => {
  test('runs mutations and queries', async () => {
    const { graphql, send } = createTestApp()
    const posted = await graphql(post, { input: input() })
    expect(posted.json).toEqual({
      data: { postLedgerEntry: { __typename: 'PostLedgerEntrySuccess', balance: { amount: 10 } } },
    })
    const query = encodeURIComponent(`{ balance(ownerId: "${owner()}") { amount } }`)
    expect((await send('GET', `/graphql?query=${query}`)).json).toEqual({ data: { balance: { amount: 10 } } })
    const named = 'query=query($o:String!){balance(ownerId:$o){amount}}'
    const variables = `variables=${encodeURIComponent(JSON.stringify({ o: owner() }))}`
    expect((await send('GET', `/graphql?${named}&${variables}&query=second`)).json).toEqual({
      data: { balance: { amount: 10 } },
    })
  })

  test('introspects', async () => {
    const { graphql } = createTestApp()
    const { json } = await graphql(getIntrospectionQuery())
    expect(json.data.__schema.mutationType.name).toBe('Mutation')
  })

  test('answers in the requested media type', async () => {
    const { graphql } = createTestApp()
    const type = async (accept: string) =>
      (await graphql('{ __typename }', {}, { accept })).headers.get('content-type')
    expect(await type('application/json')).toBe('application/json; charset=utf-8')
    expect(await type('application/graphql-response+json')).toBe(
      'application/graphql-response+json; charset=utf-8',
    )
    const refused = await graphql('{ __typename }', {}, { accept: 'image/png' })
    expect([refused.status, refused.json.errors[0].extensions.code]).toEqual([406, 'NOT_ACCEPTABLE'])
  })
})

describe('names with a meaning in JavaScript', () => {
  test('a variable may be an object with a toString, in a document with conditions elsewhere', async () => {
    const { graphql } = createTestApp()
    const query = `mutation P($o: String!, $x: LedgerMetadata) {
        postLedgerEntry(input: { ownerId: $o, operation: CREDIT_ADD, nonce: "n", metadata: $x }) { __typename }
      }
      query Q($x: Boolean!) { __typename @include(if: $x) }`
    const variables = { o: owner(), x: { toString: 'a', valueOf: 'b' } }
    for (const type of ['PostLedgerEntrySuccess', 'DuplicateNonceError', 'DuplicateNonceError']) {
      const { status, json } = await graphql(query, variables, undefined, 'P')
      expect([status, json]).toEqual([200, { data: { postLedgerEntry: { __typename: type } } }])
    }
  })

  test('an alias and a key of metadata may be called then', async () => {
    const { graphql, get, post: postByRest } = createTestApp()
    const metadata = JSON.parse('{"then":"x","constructor":"y","toString":"z"}')
    const posted = await postByRest(posting({ metadata }))
    expect([posted.status, posted.json.entry.metadata]).toEqual([200, metadata])
    const query = `{
      then: ledgerEntries(ownerId: "${owner()}") { edges { node { then: metadata } } }
      balance(ownerId: "${owner()}") { then: amount }
    }`
    const entries = { edges: [{ node: JSON.parse(`{"then":${JSON.stringify(metadata)}}`) }] }
    for (let time = 0; time < 3; time += 1) {
      const { then, balance } = (await graphql(query)).json.data
      expect([then, balance]).toEqual([entries, JSON.parse('{"then":10}')])
    }
    const { json } = await get(`/ledger/${owner()}/entries`)
    expect(json.entries[0].metadata).toEqual(metadata)
  })
})

describe('a GraphQL request is refused with a code', () => {
  test.each([
    ['a syntax error', '{', 400, 'GRAPHQL_PARSE_FAILED'],
    ['an empty document', '', 400, 'GRAPHQL_PARSE_FAILED'],
    ['an unknown field', '{ nope }', 400, 'GRAPHQL_VALIDATION_FAILED'],
    ['a literal of the wrong type', '{ balance(ownerId: 5) { amount } }', 400, 'GRAPHQL_VALIDATION_FAILED'],
    ['a missing variable', post, 400, 'BAD_USER_INPUT'],
    [
      'two operations and no name',
      'query A { __typename } query B { __typename }',
      400,
      'OPERATION_RESOLUTION_FAILURE',
    ],
    ['too many tokens', `{ ${'a '.repeat(5000)} }`, 400, 'GRAPHQL_PARSE_FAILED'],
    [
      'a subscription whose field is left out',
      'subscription { ...F } fragment F on Subscription { ... { ledgerEntryPosted(ownerId: "ann") @skip(if: true) { id } } }',
      400,
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'a subscription whose field a variable leaves out',
      'subscription ($x: Boolean!) { ledgerEntryPosted(ownerId: "ann") @skip(if: $x) { id } }',
      400,
      'GRAPHQL_VALIDATION_FAILED',
    ],
  ])('%s', async (_, query, status, code) => {
    const { graphql } = createTestApp()
    const answer = await graphql(query, undefined, { accept: 'application/graphql-response+json' })
    expect([answer.status, answer.json.errors[0].extensions.code]).toEqual([status, code])
    expect(answer.json).not.toHaveProperty('data')
  })

  test('a variable that is null although the argument must not be', async () => {
    const { graphql } = createTestApp()
    const { json } = await graphql('query ($o: String = "x") { balance(ownerId: $o) { amount } }', {
      o: null,
    })
    expect(json.errors[0].extensions.code).toBe('BAD_USER_INPUT')
  })

  test.each([
    ['malformed JSON', '{', 400, 'MALFORMED_JSON'],
    ['no body', '', 400, 'MALFORMED_JSON'],
    ['bytes that are not UTF-8', new Uint8Array([0x22, 0xff, 0x22]), 400, 'MALFORMED_JSON'],
    ['no query', '{}', 400, 'MALFORMED_REQUEST'],
    ['a query that is no text', '{"query":5}', 400, 'MALFORMED_REQUEST'],
    ['variables that are a list', '{"query":"{__typename}","variables":[]}', 400, 'MALFORMED_REQUEST'],
    [
      'an operation name that is no text',
      '{"query":"{__typename}","operationName":5}',
      400,
      'MALFORMED_REQUEST',
    ],
    ['null', 'null', 400, 'MALFORMED_REQUEST'],
    ['a batch', '[{"query":"{__typename}"}]', 400, 'MALFORMED_REQUEST'],
    ['2 MiB and more', `{"query":"${'x'.repeat(2 * 1024 * 1024)}"}`, 413, 'PAYLOAD_TOO_LARGE'],
  ])('%s', async (_, body, status, code) => {
    const { send } = createTestApp()
    const answer = await send('POST', '/graphql', body)
    expect([answer.status, answer.json.errors[0].extensions.code]).toEqual([status, code])
  })

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/graphql',
    'multipart/form-data; boundary=x',
  ])('the media type %s', async (type) => {
    const { send } = createTestApp()
    const answer = await send('POST', '/graphql', 'query={__typename}', { 'content-type': type })
    expect([answer.status, answer.json.errors[0].extensions.code]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE'])
  })

  test.each([
    ['variables that are no JSON', 'query={__typename}&variables={', 400, 'MALFORMED_JSON'],
    ['no query', 'nope=1', 400, 'MALFORMED_REQUEST'],
    [
      'a mutation',
      'query=mutation{postLedgerEntry(input:{ownerId:"ann",operation:CREDIT_ADD,nonce:"n"}){__typename}}',
      405,
      'METHOD_NOT_ALLOWED',
    ],
    ['an octet that is not UTF-8', 'query={balance(ownerId:"%ff"){amount}}', 400, 'MALFORMED_PATH'],
    ['half an octet', 'query={balance(ownerId:"%f"){amount}}', 400, 'MALFORMED_PATH'],
    ['such variables', 'query={__typename}&variables=%7B"o":"%c3"%7D', 400, 'MALFORMED_PATH'],
    ['a broken name beside its query', 'query={__typename}&%zz=1', 400, 'MALFORMED_PATH'],
  ])('GET with %s', async (_, query, status, code) => {
    const { get } = createTestApp()
    const answer = await get(`/graphql?${query.replaceAll('"', '%22')}`)
    expect([answer.status, answer.json.errors[0].extensions.code]).toEqual([status, code])
    expect(await rowsWritten()).toBe(0)
  })

  test.each(['gzip', 'br', 'identity, gzip'])('the content encoding %s', async (encoding) => {
    const { send } = createTestApp()
    const body = { query: '{ __typename }' }
    const answer = await send('POST', '/graphql', body, { 'content-encoding': encoding })
    expect([answer.status, answer.json.errors[0].extensions.code]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE'])
    expect(answer.headers.get('accept-encoding')).toBe('identity')
  })

  test('PUT', async () => {
    const { send } = createTestApp()
    const { status, headers } = await send('PUT', '/graphql', {})
    expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS, POST'])
  })
})

describe('what resolvers throw', () => {
  const secret = 'password=hunter2'
  const errors = {
    away: () =>
      new DatabaseUnavailableError('The database cannot be reached now.', { cause: new Error(secret) }),
    outdated: () => new ServerOutdatedError({ cause: new Error(secret) }),
    conflict: () => new TransactionConflictError('Try it again.', { cause: new Error(secret) }),
    overload: () => new OverloadedError(),
    driver: () => Object.assign(new Error(secret), { code: 'ECONNREFUSED' }),
    fault: () => new Error(secret),
    thrown: () => secret,
  }
  const expected = [
    ['away', 'DATABASE_UNAVAILABLE', 503, true],
    ['driver', 'DATABASE_UNAVAILABLE', 503, true],
    ['outdated', 'SERVER_OUTDATED', 503, true],
    ['conflict', 'TRANSACTION_CONFLICT', 503, true],
    ['overload', 'OVERLOADED', 503, true],
    ['fault', 'INTERNAL_ERROR', 500, undefined],
    ['thrown', 'INTERNAL_ERROR', 500, undefined],
  ] as const

  test.each(expected)('%s in a query is %s', async (how, code, _status, retryable) => {
    const { graphql } = createFailingApp(errors[how])
    const { text, json } = await graphql('{ balance(ownerId: "ann") { amount } }')
    expect(json.data).toBeNull()
    expect(json.errors).toMatchObject([{ path: ['balance'], extensions: { code } }])
    expect(json.errors[0].extensions.retryable).toBe(retryable)
    expect(text).not.toContain(secret)
    expect(text).not.toContain('stack')
  })

  test.each(expected)('%s behind REST is %s', async (how, code, status, retryable) => {
    const { get, post, lines } = createFailingApp(errors[how])
    for (const answer of [await get('/ledger/ann'), await post(posting())]) {
      expect([answer.status, answer.json.code]).toEqual([status, code])
      expect(answer.headers.has('retry-after')).toBe(retryable ?? false)
      expect(answer.text).not.toContain(secret)
    }
    const faults = lines.filter(({ msg }) => msg === 'fault')
    expect(faults).toHaveLength(code === 'INTERNAL_ERROR' ? 2 : 0)
    if (how === 'fault') expect(JSON.stringify(faults)).toContain('stack')
    const causes = lines.filter(({ msg }) => msg === 'database unavailable' || msg === 'server outdated')
    expect(causes.filter((line) => JSON.stringify(line).includes(secret))).toHaveLength(
      code === 'DATABASE_UNAVAILABLE' || code === 'SERVER_OUTDATED' ? 2 : 0,
    )
  })

  test('a refused read names its field', async () => {
    const { graphql } = createTestApp()
    const { json } = await graphql('{ balance(ownerId: "") { amount } }')
    expect(json.errors[0].extensions).toMatchObject({
      code: 'VALIDATION_ERROR',
      errors: [{ field: 'ownerId' }],
    })
  })
})

describe('the log', () => {
  test('has one line per request, and no secret', async () => {
    const { graphql, get, post: postRest, lines } = createTestApp()
    await graphql(post, { input: input() }, { authorization: 'Bearer s3cret' })
    await graphql(post, { input: { ...input(), operation: 'CREDIT_SPEND', nonce: 'm', amount: 50 } })
    await postRest(posting({ nonce: 's3cret' }), { 'idempotency-key': 's3cret' })
    await get(`/ledger/${owner()}?token=s3cret`)
    await get('/nope')
    await graphql('{')
    const line = ({ method, path, operation, outcome, status }: Record<string, unknown>) =>
      [method, path, operation, outcome, status].join(' ')
    expect(lines.map(line)).toEqual([
      'POST /graphql Post ok 200',
      'POST /graphql Post INSUFFICIENT_BALANCE 200',
      'POST /ledger RestPostLedgerEntry ok 200',
      `GET /ledger/${owner()} RestBalance VALIDATION_ERROR 422`,
      'GET /nope  NOT_FOUND 404',
      'POST /graphql  GRAPHQL_PARSE_FAILED 200',
    ])
    expect(lines.every(({ app, ms }) => app === 'content' && typeof ms === 'number')).toBe(true)
    expect(JSON.stringify(lines)).not.toContain('s3cret')
  })

  test('has the code of an error as the outcome, never an alias with that name', async () => {
    const { graphql, post: postRest, lines } = createTestApp()
    const { json } = await postRest(posting({ nonce: 'S3CRET' }))
    const read = (aliases: string) => graphql(`{ ledgerEntry(id: "${json.entry.id}") { ${aliases} } }`)
    await read('code: nonce message: id')
    await read('__typename: nonce code: nonce message: id')
    const access = (selection: string) =>
      graphql(`mutation { accessNote(id: "0", ownerId: "ann", nonce: "n") { ${selection} } }`)
    await access('__typename ... on Error { code message }')
    await access('__typename')
    await access('... on ValidationError { code }')
    await graphql(`mutation { postLedgerEntry(input: { ownerId: "", operation: CREDIT_ADD, nonce: "n" }) {
      ... on Error { code }
    } }`)
    expect(lines.map(({ outcome }) => outcome)).toEqual([
      'ok',
      'ok',
      'ok',
      'NOTE_NOT_FOUND',
      'NoteNotFoundError',
      'ok',
      'VALIDATION_ERROR',
    ])
    expect(JSON.stringify(lines)).not.toContain('S3CRET')
  })

  test('shortens a long operation name', async () => {
    const { graphql, lines } = createTestApp()
    await graphql(`query ${'x'.repeat(200_000)} { __typename }`)
    expect(lines).toMatchObject([{ operation: 'x'.repeat(256), outcome: 'ok' }])
  })
})
