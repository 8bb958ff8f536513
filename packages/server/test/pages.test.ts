import { describe, expect, test } from 'vitest'
import { createApp } from '../src/app.ts'
import { createAsset } from '../src/asset.ts'
import { anyone } from '../src/identify.ts'
import { requestWithoutSocket } from '../src/raw-request.ts'
import { createTestApp } from './harness.ts'

const html = { accept: 'text/html,application/xhtml+xml' }

describe.each([
  ['/graphql', html],
  ['/docs', {}],
  ['/redoc', {}],
  ['/', html],
  ['/problems', html],
  ['/problems/overloaded', html],
])('the page %s', (path, accept) => {
  test('loads nothing from another host, and its policy forbids it', async () => {
    const { get } = createTestApp()
    const { status, headers, text } = await get(path, accept)
    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none'; script-src 'self';/)
    expect(text).not.toMatch(/https?:|\/\//)
    expect(text).not.toMatch(/<script>|onload=/)
    expect(text).toContain('<link rel="stylesheet" href="/style.css">')
    for (const [, file = ''] of text.matchAll(/(?:src|href)="(\/[^"]+)"/g)) {
      expect((await get(file, accept)).status, file).toBe(200)
    }
  })
})

describe('a code of an error', () => {
  const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'

  test.each(['/problems', '/problems/duplicate-nonce'])(
    'at %s is a page for a browser, and JSON for others',
    async (path) => {
      const { get } = createTestApp()
      const page = await get(path, { accept: browser })
      expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
      expect(page.text).toContain('<p class="facts"><code>DUPLICATE_NONCE</code>, status 409</p>')
      expect(page.text).toContain('The original is in <code>entry</code> or <code>hold</code>.')
      for (const accept of [undefined, '*/*', 'application/json', 'application/json, text/html;q=0.9']) {
        const data = await get(path, accept === undefined ? {} : { accept })
        expect(data.headers.get('content-type'), accept).toBe('application/json')
      }
      const refused = await get(path, { accept: 'image/png' })
      expect([refused.status, refused.json.code]).toEqual([406, 'NOT_ACCEPTABLE'])
      for (const { headers } of [page, refused, await get(path)]) expect(headers.get('vary')).toBe('accept')
    },
  )

  test('links back to the list and to the start', async () => {
    const { get } = createTestApp()
    const linksOf = async (path: string) =>
      [...(await get(path, html)).text.matchAll(/<a href="([^"]+)"/g)].map(([, href]) => href)
    expect(await linksOf('/problems/duplicate-nonce')).toEqual(['/', '/problems'])
    const { json } = await get('/problems')
    expect((await linksOf('/problems')).slice(1)).toHaveLength(json.problems.length)
    for (const link of await linksOf('/problems')) expect((await get(link ?? '', html)).status).toBe(200)
  })
})

test('ReDoc’s bundle does not contain the address of its maker’s logo', async () => {
  const { get } = createTestApp()
  expect((await get('/redoc/redoc.standalone.js')).text).not.toContain('cdn.redoc.ly')
})

test('files are sent compressed, and loaded once', async () => {
  const { get } = createTestApp()
  const plain = await get('/docs/start.js')
  const zipped = await get('/docs/start.js', { 'accept-encoding': 'gzip' })
  expect(zipped.headers.get('content-encoding')).toBe('gzip')
  const etag = plain.headers.get('etag') ?? ''
  const again = await get('/docs/start.js', { 'if-none-match': etag })
  expect([again.status, again.text]).toEqual([304, ''])
})

test('a file that could not be loaded is loaded on the next request', async () => {
  const loads = [() => Promise.reject(new Error('EMFILE')), async () => 'text']
  const asset = createAsset('text/plain', () => loads.shift()?.() ?? Promise.reject(new Error('once more')))
  const request = requestWithoutSocket(new Request('http://test/file'))
  await expect(asset(request, anyone)).rejects.toThrow('EMFILE')
  for (let asked = 0; asked < 2; asked += 1) expect((await asset(request, anyone)).status).toBe(200)
})

test('GraphiQL starts with a document that posts and reads', async () => {
  const { get, send } = createTestApp()
  const { text } = await get('/graphql/start.js')
  const literal = /const defaultQuery = ("(?:[^"\\]|\\.)*")/.exec(text)?.[1] ?? '""'
  const query: string = JSON.parse(literal).replaceAll('{nonce}', 'n')
  const run = async (operationName: string) => (await send('POST', '/graphql', { query, operationName })).json
  expect((await run('Post')).data.postLedgerEntry.balance.amount).toBe(10)
  expect((await run('Post')).data.postLedgerEntry.code).toBe('DUPLICATE_NONCE')
  expect((await run('Read')).data.balance.amount).toBe(10)
})

test('a starter query cannot close its script element', async () => {
  const { served } = createTestApp()
  const app = createApp({ ...served, starterQuery: '# </script><script>' })
  const response = await app.fetch(new Request('http://test/graphql/start.js'))
  expect(await response.text()).not.toContain('<')
})

describe('/health', () => {
  test('is healthy while the database answers', async () => {
    const { get } = createTestApp()
    const { status, text } = await get('/health')
    expect([status, text]).toEqual([200, '{"status":"healthy"}'])
  })

  test('distinguishes a database that takes no postings from one that is away', async () => {
    const { get } = createTestApp({ ping: async () => ({ takesPostings: false }) })
    const { status, text } = await get('/health')
    expect([status, text]).toEqual([200, '{"status":"read-only"}'])
  })

  test.each([
    ['fails', () => Promise.reject(new Error('password=hunter2'))],
    ['does not answer', () => new Promise<never>(() => {})],
  ])('is unhealthy when the database %s', async (_, ping) => {
    const { get } = createTestApp({ ping })
    for (const probe of ['/health', '/readyz']) {
      const { status, text } = await get(probe)
      expect([probe, status, text]).toEqual([probe, 503, '{"status":"unhealthy"}'])
    }
    const { status, text } = await get('/livez')
    expect([status, text]).toEqual([200, '{"status":"alive"}'])
  })
})

describe('/readyz', () => {
  test('equals /health until the process is told to stop', async () => {
    const { app, get } = createTestApp()
    const ready = await get('/readyz')
    expect([ready.status, ready.text]).toEqual([200, '{"status":"healthy"}'])
    app.beginToStop()
    const stopping = await get('/readyz')
    expect([stopping.status, stopping.text]).toEqual([503, '{"status":"stopping"}'])
    expect((await get('/livez')).status).toBe(200)
    expect((await get('/health')).status).toBe(200)
  })
})
