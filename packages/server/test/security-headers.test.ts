import { startServer } from '@shared-ledger/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { toResponse } from '../src/answer.ts'
import { createTestApp, posting } from './harness.ts'
import { sendBytes } from './send-bytes.ts'

const { served } = createTestApp({
  identify: ({ header }) => {
    if (header('authorization') === 'fault') throw new Error('a fault')
    return { name: 'ann', scopes: ['read', 'post', 'correct', 'admin'] }
  },
})
let server: Awaited<ReturnType<typeof startServer>>

beforeAll(async () => {
  server = await startServer({ ...served, port: 0 })
})
afterAll(() => server.close())

interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly body: string
}

/** Sends a request byte by byte, and reads until the server ends the connection. */
async function ask(bytes: string): Promise<Answered> {
  const answer = await sendBytes(Number(new URL(server.url).port), bytes)
  const end = answer.indexOf('\r\n\r\n')
  const [first = '', ...lines] = answer.slice(0, end).split('\r\n')
  const headers = new Headers(
    lines.map((line): [string, string] => {
      const [name = '', value = ''] = line.split(/: (.*)/s)
      return [name, value]
    }),
  )
  return { status: Number(first.split(' ')[1]), headers, body: answer.slice(end + 4) }
}

const request = (method: string, target: string, head: readonly string[] = [], body?: string) =>
  [
    `${method} ${target} HTTP/1.1`,
    'Host: localhost',
    'Connection: close',
    ...head,
    ...(body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]),
    '',
    body ?? '',
  ].join('\r\n')

const json = 'Content-Type: application/json'
const html = 'Accept: text/html'
const query = (text: string) => JSON.stringify({ query: text })
const inQuery = (text: string) => `/graphql?query=${encodeURIComponent(text)}`

/** One answer of each kind: its name, the bytes of its request, and its status. */
const kinds: readonly (readonly [string, string, number])[] = [
  ['the index page', request('GET', '/', [html]), 200],
  ['GraphiQL', request('GET', '/graphql', [html]), 200],
  ['Swagger UI', request('GET', '/docs', [html]), 200],
  ['ReDoc', request('GET', '/redoc', [html]), 200],
  ['a problem’s page', request('GET', '/problems/overloaded', [html]), 200],
  ['a problem’s data', request('GET', '/problems/overloaded'), 200],
  ['a script', request('GET', '/graphql/start.js'), 200],
  ['a stylesheet', request('GET', '/style.css'), 200],
  ['openapi.json', request('GET', '/openapi.json'), 200],
  ['a probe', request('GET', '/livez'), 200],
  ['REST', request('GET', '/balance/ann'), 200],
  ['a HEAD', request('HEAD', '/balance/ann'), 200],
  ['a posting', request('POST', '/ledger', [json], JSON.stringify(posting())), 200],
  ['a refusal', request('POST', '/ledger', [json], JSON.stringify(posting({ amount: -1.5 }))), 422],
  ['GraphQL', request('POST', '/graphql', [json], query('{ __typename }')), 200],
  ['GraphQL by GET', request('GET', inQuery('{ __typename }')), 200],
  ['a document that does not fit', request('POST', '/graphql', [json], query('{ nothing }')), 200],
  ['no document', request('POST', '/graphql', [json], '{'), 400],
  ['a mutation by GET', request('GET', inQuery('mutation { nothing }')), 405],
  [
    'no acceptable type',
    request('POST', '/graphql', [json, 'Accept: image/png'], query('{ __typename }')),
    406,
  ],
  [
    'a stream',
    request('GET', inQuery('subscription { ledgerEntryPosted(ownerId: "") { cursor } }'), [
      'Accept: text/event-stream',
    ]),
    200,
  ],
  ['an unknown path', request('GET', '/nope'), 404],
  ['an unknown path for a browser', request('GET', '/favicon.ico', [html]), 404],
  ['another method', request('DELETE', '/ledger'), 405],
  ['TRACE', request('TRACE', '/ledger'), 405],
  ['OPTIONS of REST', request('OPTIONS', '/ledger'), 204],
  ['OPTIONS of a page', request('OPTIONS', '/docs'), 204],
  ['another media type', request('POST', '/ledger', ['Content-Type: text/plain'], 'x'), 415],
  ['a fault', request('GET', '/balance/ann', ['Authorization: fault']), 500],
  ['another host', request('GET', '/').replace('Host: localhost', 'Host: evil.example'), 421],
  ['no host', request('GET', '/').replace('Host: localhost', 'A: b'), 400],
  ['a header twice', request('GET', '/', ['Origin: a', 'Origin: b']), 400],
  ['no HTTP', 'NOPE\r\n\r\n', 400],
  ['a path that is none', 'GET /ü HTTP/1.1\r\nHost: localhost\r\n\r\n', 400],
  ['headers of 20 KB', request('GET', '/', [`A: ${'x'.repeat(20_000)}`]), 431],
  ['an expectation', request('GET', '/', ['Expect: 200-ok']), 417],
  ['CONNECT', 'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n', 501],
]

const policy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

test.each(kinds)('%s tells a browser what it may do with the answer', async (_, bytes, status) => {
  const { status: answered, headers, body } = await ask(bytes)
  expect([answered, body.slice(0, 300)]).toEqual([status, body.slice(0, 300)])
  expect(Object.fromEntries(headers)).toMatchObject({
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
  })
  const isPage = headers.get('content-type')?.startsWith('text/html') === true
  const isFile = headers.has('etag')
  expect(headers.get('cache-control')).toBe(isFile ? 'no-cache' : 'no-store')
  if (!isPage) expect(headers.get('content-security-policy')).toBe(policy)
  expect(headers.has('permissions-policy')).toBe(isPage)
  expect(headers.has('server') || headers.has('x-powered-by')).toBe(false)
})

describe('a page', () => {
  const policyOf = async (path: string) =>
    (await ask(request('GET', path, [html]))).headers.get('content-security-policy') ?? ''

  test.each(['/', '/graphql', '/docs', '/redoc'])(
    '%s runs its own scripts and nothing else',
    async (path) => {
      const directives = new Map((await policyOf(path)).split('; ').map((each) => [each.split(' ')[0], each]))
      expect(directives.get('script-src')).toBe("script-src 'self'")
      expect(directives.get('connect-src')).toBe("connect-src 'self'")
      for (const directive of policy.split('; ')) expect([...directives.values()]).toContain(directive)
      expect(await policyOf(path)).not.toMatch(/unsafe-eval|https?:|\*/)
    },
  )

  test('that is requested again unchanged has them too', async () => {
    const { headers } = await ask(request('GET', '/style.css'))
    const again = await ask(request('GET', '/style.css', [`If-None-Match: ${headers.get('etag')}`]))
    expect(again.status).toBe(304)
    expect(again.headers.get('content-security-policy')).toBe(policy)
  })
})

test('an answer’s own headers, in upper or lower case, override these', () => {
  const own = { 'Content-Security-Policy': 'sandbox', 'X-Own': 'yes' }
  const { headers } = toResponse({ status: 200, headers: own, body: null, outcome: 'ok' }, 'GET')
  expect(headers.get('content-security-policy')).toBe('sandbox')
  expect([headers.get('x-own'), headers.get('x-frame-options')]).toEqual(['yes', 'DENY'])
})
