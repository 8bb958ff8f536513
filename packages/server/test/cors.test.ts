import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { bearer, makeKey, serveWith } from './serve-keys.ts'

const page = 'https://app.example.org'
const on = { LEDGER_AUTH: 'keys', CORS_ORIGINS: `${page}, http://localhost:3000` }

const preflight = (url: string, origin: string, method = 'POST') =>
  fetch(url, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': 'authorization,content-type',
    },
  })

const corsHeaders = (headers: Headers) =>
  [...headers.keys()].filter((name) => name.startsWith('access-control-'))

test.each(['/graphql', '/ledger', '/balance/ada', '/accounts/ada/overdraft'])(
  'a page of a listed origin may ask %s, key and all',
  async (path) => {
    const { server } = await serveWith(on)
    const answer = await preflight(server.url + path, page)
    expect([answer.status, await answer.text()]).toEqual([204, ''])
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'access-control-allow-origin': page,
      'access-control-allow-methods': 'GET, HEAD, POST, PUT',
      'access-control-allow-headers': expect.stringContaining('authorization'),
      vary: 'origin',
    })
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
  },
)

test('each answer names the origin of the request: refusals, streams and known documents too', async () => {
  const { text } = await makeKey({ scopes: ['read', 'post'] })
  const { ways, ask } = await serveWith(on)
  for (const origin of [page, 'http://localhost:3000']) {
    for (const way of [...Object.values(ways), ways.graphql, ways.graphql]) {
      for (const headers of [{ origin }, { origin, ...bearer(text) }]) {
        const answer = await way(headers)
        expect(answer.headers.get('access-control-allow-origin')).toBe(origin)
        expect(answer.headers.get('vary')).toMatch(/^origin(,|$)/)
        expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
      }
    }
  }
  const asset = await ask('/docs/start.js', { origin: page })
  expect(asset.headers.get('vary')).toBe('origin, accept-encoding')
})

test.each([
  'https://evil.example',
  'https://app.example.org.evil.example',
  'https://app.example.org:8443',
  'http://app.example.org',
  'HTTPS://APP.EXAMPLE.ORG',
  'null',
])('a page of %s may not', async (origin) => {
  const { text } = await makeKey({ scopes: ['read'] })
  const { server, ways } = await serveWith(on)
  const asked = await preflight(`${server.url}/graphql`, origin)
  expect(corsHeaders(asked.headers)).toEqual([])
  const answer = await ways.rest({ origin, ...bearer(text) })
  expect(corsHeaders(answer.headers)).toEqual([])
  expect(answer.headers.get('vary')).toBe('origin')
})

test('without CORS_ORIGINS, no page of another origin may send requests', async () => {
  const { server, ways } = await serveWith({ LEDGER_AUTH: 'none' })
  expect(corsHeaders((await preflight(`${server.url}/graphql`, page)).headers)).toEqual([])
  const { headers } = await ways.rest({ origin: page })
  expect(corsHeaders(headers)).toEqual([])
  expect(headers.get('vary')).toBeNull()
})

test('a preflight opens nothing: the request after it still needs its key', async () => {
  const { server, ways } = await serveWith(on)
  expect((await preflight(`${server.url}/ledger`, page)).status).toBe(204)
  expect((await ways['rest posting']({ origin: page })).status).toBe(401)
  const plain = await fetch(`${server.url}/ledger`, { method: 'OPTIONS', headers: { origin: page } })
  expect(plain.status).toBe(401) // it names no method, so it is not a preflight
})

test('docs/security.md names the headers that a page may send and read', async () => {
  const { server } = await serveWith(on)
  const asked = await preflight(`${server.url}/graphql`, page)
  const docs = readFileSync(new URL('../../../docs/security.md', import.meta.url), 'utf8').replaceAll(
    '\n',
    ' ',
  )
  const namedAfter = (start: string) => {
    const [, text = ''] = docs.split(start)
    const [sentence = ''] = text.split(/,\s+(?:and read|beside)/)
    return [...sentence.matchAll(/`(.+?)`/g)].map(([, name = '']) => name.toLowerCase()).join(', ')
  }
  expect(namedAfter('send GraphQL and REST requests with the headers')).toBe(
    asked.headers.get('access-control-allow-headers'),
  )
  expect(namedAfter("Of the answers' headers they read")).toBe(
    asked.headers.get('access-control-expose-headers'),
  )
})
