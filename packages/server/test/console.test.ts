import { documents, paths } from '@shared-ledger/console'
import { buildSchema, parse, validate } from 'graphql'
import { describe, expect, test } from 'vitest'
import { createApp } from '../src/app.ts'
import { fitDocuments } from '../src/console-documents.ts'
import { consolesIn } from '../src/console-message.ts'
import { createTestApp, schema } from './harness.ts'
import { bearer, makeKey, serveWith } from './serve-keys.ts'

test.each(paths)('%s is the console’s page, which loads nothing from another host', async (path) => {
  const { get } = createTestApp()
  const { status, headers, text } = await get(path)
  expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
  expect(headers.get('content-security-policy')).toMatch(/default-src 'none'; script-src 'self';/)
  expect(text).not.toMatch(/https?:|<script>|onload=/)
  const loaded = [...text.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, file = '']) => file)
  expect(loaded.length).toBeGreaterThan(1)
  for (const file of loaded) {
    const asset = await get(file)
    expect([asset.status, asset.headers.get('cache-control')]).toEqual([
      200,
      'public, max-age=31536000, immutable',
    ])
  }
})

test('an app can go without it', async () => {
  const { served } = createTestApp()
  const app = createApp({ ...served, console: false })
  expect((await app.fetch(new Request('http://test/console'))).status).toBe(404)
  expect(await (await app.fetch(new Request('http://test/'))).text()).not.toContain('/console')
})

describe('its session', () => {
  test('needs a key, and says what the key may do', async () => {
    const { ask } = await serveWith({ LEDGER_AUTH: 'keys' })
    expect((await ask('/console', {})).status).toBe(200)
    const refused = await ask('/console/session', {})
    expect([refused.status, JSON.parse(refused.text).code]).toEqual([401, 'UNAUTHENTICATED'])
    const service = await makeKey({ name: 'support', scopes: ['read', 'post'] })
    const owner = await makeKey({ name: 'ann', ownerId: 'ann' })
    const callerOf = async ({ text }: { text: string }) =>
      JSON.parse((await ask('/console/session', bearer(text))).text).caller
    expect(await callerOf(service)).toEqual({ name: 'support', scopes: ['read', 'post'] })
    expect(await callerOf(owner)).toEqual({ name: 'ann', owner: 'ann' })
  })

  test('names the other consoles, and the documents of this graph, also without introspection', async () => {
    const { ask } = await serveWith({
      LEDGER_AUTH: 'none',
      INTROSPECTION: 'off',
      CONSOLES: 'content=https://content.example.org, freelance=http://localhost:4002',
    })
    const session = JSON.parse((await ask('/console/session', {})).text)
    expect(session.consoles).toEqual([
      { app: 'content', url: 'https://content.example.org' },
      { app: 'freelance', url: 'http://localhost:4002' },
    ])
    const { Balance: query } = session.documents
    const answer = await ask('/graphql', {}, { query, variables: { ownerId: 'nobody' } })
    expect(JSON.parse(answer.text).data.balance.amount).toBe(0)
  })
})

describe('its documents', () => {
  test('fit a graph without lots, books and transfers', () => {
    const fitted = fitDocuments(schema, documents)
    for (const [name, text] of Object.entries(fitted)) {
      expect(
        validate(schema, parse(text)).map(({ message }) => message),
        name,
      ).toEqual([])
    }
    expect(Object.keys(fitted)).toEqual(expect.arrayContaining(['Balance', 'Entries', 'PostEntry', 'Live']))
    for (const name of ['Lots', 'Lot', 'VoidLot', 'Transfer', 'Exchange'])
      expect(fitted).not.toHaveProperty(name)
    expect(fitted.Balance).not.toMatch(/book|expiring/)
  })

  test('lose the fields, arguments, variables and fragments that a graph does not have', () => {
    const small = buildSchema('type Query { one(id: ID): One } type One { id: ID }')
    const document = parse(`
      query Kept($id: ID, $gone: Gone) { one(id: $id, gone: $gone) { ...Part other { id } ... on Gone { id } } two }
      fragment Part on One { id other { ...Lost } }
      fragment Lost on Gone { id }
    `)
    const fitted = fitDocuments(small, [document, parse('query Gone { two { id } }')])
    expect(Object.keys(fitted)).toEqual(['Kept'])
    expect(fitted.Kept?.replaceAll(/\s+/g, ' ')).toBe(
      'query Kept($id: ID) { one(id: $id) { ...Part } } fragment Part on One { id }',
    )
  })
})

test('a message of npm start that names consoles is read, and any other is not', () => {
  const consoles = [{ app: 'content', url: 'http://127.0.0.1:4001' }]
  expect(consolesIn({ type: 'consoles', consoles })).toEqual(consoles)
  for (const other of [
    undefined,
    'consoles',
    { type: 'ready' },
    { type: 'consoles', consoles: [{ app: 'x', url: 'javascript:1' }] },
  ]) {
    expect(consolesIn(other)).toBeUndefined()
  }
})
