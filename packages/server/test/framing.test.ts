import { startServer } from '@shared-ledger/server'
import { GraphQLError } from 'graphql'
import { describe, expect, test } from 'vitest'
import { type Answer, toResponse } from '../src/answer.ts'
import { securityHeaders } from '../src/security-headers.ts'
import { createFailingApp, createTestApp, owner, posting, rowsWritten } from './harness.ts'
import { sendBytes } from './send-bytes.ts'

const query = JSON.stringify({ query: '{ __typename }' })
const { served, post, get, graphql } = createTestApp()

async function withServer(
  options: Parameters<typeof startServer>[0],
  run: (send: (head: string, body?: string) => Promise<string>) => Promise<void>,
): Promise<void> {
  const server = await startServer(options)
  const port = Number(new URL(server.url).port)
  try {
    await run((head, body) => {
      const length = body === undefined ? '' : `Content-Length: ${Buffer.byteLength(body)}\r\n`
      return sendBytes(port, `${head}\r\nHost: localhost\r\nConnection: close\r\n${length}\r\n${body ?? ''}`)
    })
  } finally {
    await server.close()
  }
}

const json = 'Content-Type: application/json'

/** Counts the framing headers of an answer. */
function framings(answer: string): number {
  const [head = ''] = answer.split('\r\n\r\n')
  return [...head.matchAll(/^(?:content-length|transfer-encoding):/gim)].length
}

test('no answer has both content-length and transfer-encoding', async () => {
  await withServer({ ...served, port: 0 }, async (send) => {
    // It ends at once, because no owner has this name.
    const subscription = encodeURIComponent('subscription { ledgerEntryPosted(ownerId: "") { id } }')
    const types = [
      '*/*',
      'application/json',
      'application/graphql-response+json',
      'text/event-stream',
      'multipart/mixed',
    ]
    const answers = [
      ...types.flatMap((accept) => [
        send(`POST /graphql HTTP/1.1\r\n${json}\r\nAccept: ${accept}`, query),
        send(`GET /graphql?query={__typename} HTTP/1.1\r\nAccept: ${accept}`),
        send(`HEAD /graphql?query={__typename} HTTP/1.1\r\nAccept: ${accept}`),
        send(`GET /graphql?query=${subscription} HTTP/1.1\r\nAccept: ${accept}`),
        send(`GET /health HTTP/1.1\r\nAccept: ${accept}`),
      ]),
      ...[
        '/',
        '/graphql',
        '/graphql/start.js',
        '/docs',
        '/openapi.json',
        '/problems',
        '/ledger/ann',
        '/nope',
      ].flatMap((path) => [
        send(`GET ${path} HTTP/1.1\r\nAccept: text/html, */*;q=0.8`),
        send(`HEAD ${path} HTTP/1.1\r\nAccept: text/html, */*;q=0.8`),
        send(`OPTIONS ${path} HTTP/1.1`),
        send(`POST ${path} HTTP/1.1\r\n${json}`, '{}'),
      ]),
      send(`POST /ledger HTTP/1.1\r\n${json}`, JSON.stringify(posting())),
    ]
    for (const answer of await Promise.all(answers)) {
      const hasNoBody = /^HTTP\/1\.1 (?:204|304) /.test(answer)
      expect([answer.slice(0, 200), framings(answer)]).toEqual([answer.slice(0, 200), hasNoBody ? 0 : 1])
    }
  })
})

test('an answer’s own headers cannot change its framing', async () => {
  const headers = {
    'content-length': '3',
    'Transfer-Encoding': 'chunked',
    connection: 'upgrade',
    'x-kept': 'yes',
  }
  const error = new GraphQLError('no', { extensions: { code: 'LATER', http: { headers } } })
  const failing = createFailingApp(() => error)
  await withServer({ ...failing.served, port: 0 }, async (send) => {
    const body = JSON.stringify({ query: '{ balance(ownerId: "ann") { amount } }' })
    for (let time = 1; time <= 3; time += 1) {
      const answer = await send(`POST /graphql HTTP/1.1\r\n${json}`, body)
      expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
      expect(answer).toMatch(/^x-kept: yes\r$/m)
      expect(answer).toContain('"LATER"')
      expect(framings(answer)).toBe(1)
    }
  })
  const stream: Answer = { status: 200, headers, body: new Blob(['x']).stream(), outcome: 'ok' }
  expect([...toResponse(stream, 'GET').headers.keys()].sort()).toEqual(
    [...Object.keys(securityHeaders), 'x-kept'].sort(),
  )
})

describe('a request', () => {
  const twice = (name: string, one: string, two: string) => `${name}: ${one}\r\n${name.toUpperCase()}: ${two}`
  test.each([
    ['two Idempotency-Key', twice('Idempotency-Key', 'a', 'b')],
    ['the same Idempotency-Key twice', twice('Idempotency-Key', 'a', 'a')],
    ['two Content-Type', 'Content-Type: text/plain'],
    ['two Host', 'Host: localhost'],
    ['two X-Request-Id', twice('X-Request-Id', 'a', 'b')],
    ['two Origin', twice('Origin', 'http://a.example', 'http://b.example')],
    ['two Authorization', twice('Authorization', 'Bearer a', 'Bearer b')],
    ['two lengths', 'Content-Length: 3'],
    ['a length and chunks', 'Transfer-Encoding: chunked'],
    ['two transfer encodings', twice('Transfer-Encoding', 'chunked', 'identity')],
  ])('with %s is refused on every path, and does nothing', async (_, head) => {
    const { nonce: _nonce, ...withoutNonce } = posting()
    await withServer({ ...served, port: 0 }, async (send) => {
      for (const [path, body] of [
        ['/ledger', JSON.stringify(withoutNonce)],
        ['/graphql', query],
      ]) {
        const answer = await send(`POST ${path} HTTP/1.1\r\n${json}\r\n${head}`, body)
        expect(answer).toMatch(/^HTTP\/1\.1 400 /)
        expect(answer).toContain('MALFORMED_REQUEST')
      }
    })
    expect(await rowsWritten()).toBe(0)
  })

  test('with one Idempotency-Key that contains a comma is answered', async () => {
    const { nonce: _nonce, ...withoutNonce } = posting()
    const { status, json } = await post(withoutNonce, { 'Idempotency-Key': 'a, b' })
    expect([status, json.entry.nonce]).toEqual([200, 'a, b'])
  })
})

describe('the header Accept', () => {
  const refused = [
    'multipart/mixed',
    'text/plain',
    'application/json;q=0',
    'application/json;q=0, application/graphql-response+json;q=0.000',
    '*/*;q=0',
    'application/json;q=0, text/html',
    'application/json; charset=iso-8859-1',
    'nonsense',
  ]
  test.each(refused)('%s is answered 406, by GraphQL and REST', async (accept) => {
    const sent = { ownerId: owner() }
    const mutation = `mutation ($ownerId: String!) {
      postLedgerEntry(input: { ownerId: $ownerId, operation: CREDIT_ADD, amount: 1, nonce: "n" }) { __typename }
    }`
    const answers = [
      await graphql(mutation, sent, { accept }),
      await post(posting(), { accept }),
      await get(`/ledger/${owner()}`, { accept }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([406, 406, 406])
    expect(answers[0]?.json.errors[0].extensions.code).toBe('NOT_ACCEPTABLE')
    expect(answers[1]?.json.code).toBe('NOT_ACCEPTABLE')
    expect(await rowsWritten()).toBe(0)
  })

  const taken: [accept: string, type: string][] = [
    ['*/*', 'application/json'],
    ['', 'application/json'],
    ['application/*', 'application/json'],
    ['APPLICATION/JSON', 'application/json'],
    ['application/json; charset=utf-8', 'application/json'],
    ['application/json;q=0, */*;q=0.1', 'application/graphql-response+json'],
    ['application/json;q=0.5, application/graphql-response+json', 'application/graphql-response+json'],
    ['application/graphql-response+json;q=0.5, application/json', 'application/json'],
    ['application/graphql-response+json, application/json', 'application/graphql-response+json'],
    ['multipart/mixed, application/json', 'application/json'],
    ['text/html, application/json;q=0.9', 'application/json'],
  ]
  test.each(taken)('%j is answered in %s, for a new document and a known one', async (accept, type) => {
    for (let time = 1; time <= 3; time += 1) {
      const answer = await graphql('{ __typename }', undefined, { accept })
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, `${type}; charset=utf-8`])
    }
    await withServer({ ...served, port: 0 }, async (send) => {
      for (let time = 1; time <= 3; time += 1) {
        const answer = await send(`POST /graphql HTTP/1.1\r\n${json}\r\nAccept: ${accept}`, query)
        expect(answer.toLowerCase()).toContain(`content-type: ${type}; charset=utf-8\r\n`)
      }
    })
  })

  test('gives a page to clients that prefer one', async () => {
    const page = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'
    expect((await get('/graphql', { accept: page })).headers.get('content-type')).toContain('text/html')
    for (const accept of ['text/html;q=0, */*', 'application/json, text/html;q=0.9']) {
      const answer = await get('/graphql?query={__typename}', { accept })
      expect(answer.json.data).toEqual({ __typename: 'Query' })
    }
  })
})
