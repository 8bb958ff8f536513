import { once } from 'node:events'
import { type ClientRequest, request } from 'node:http'
import { type RunningServer, startServer } from '@shared-ledger/server'
import type { GraphQLObjectType, GraphQLResolveInfo } from 'graphql'
import { afterAll, expect, test, vi } from 'vitest'
import { openNotes } from '../../rest/test/notes-app.ts'
import { createTestApp, owner, schema } from './harness.ts'

type Resolve = (
  source: unknown,
  args: object,
  context: { request: Request },
  info: GraphQLResolveInfo,
) => unknown

/** Wraps the resolver of a field. */
function around(type: GraphQLObjectType | null | undefined, name: string, wrap: (inner: Resolve) => Resolve) {
  const field = type?.getFields()[name]
  if (!field) throw new TypeError(`The graph has no ${name}.`)
  field.resolve = wrap(field.resolve as Resolve)
}

/** Creates an app with slow entries. They arrive after the client has left, if the test waits for that. */
function createSlowApp() {
  const { schema: served } = openNotes('postgresql://nobody@127.0.0.1:1/none')
  const slow = { begun: 0, nonces: 0, waits: false }
  around(served.getQueryType(), 'ledgerEntries', () => async (_source, _args, context) => {
    slow.begun += 1
    if (slow.waits) await gone(context)
    return { edges: [{ node: { nonce: 'a' } }, { node: { nonce: 'b' } }], pageInfo: {} }
  })
  around(served.getType('LedgerEntry') as GraphQLObjectType, 'nonce', () => () => {
    slow.nonces += 1
    return 'n'
  })
  return { slow, ...createTestApp({ served }) }
}

async function gone({ request: { signal } }: { request: Request }): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort')
}

const servers: RunningServer[] = []
afterAll(() => Promise.all(servers.map((server) => server.close())))

async function serve({ served }: ReturnType<typeof createTestApp>) {
  const server = await startServer({ ...served, port: 0 })
  servers.push(server)
  const headers = { 'content-type': 'application/json' }
  return {
    post: (path: string, body: object) =>
      fetch(server.url + path, { method: 'POST', headers, body: JSON.stringify(body) }),
    /** Sends a request on its own connection, which can be closed. */
    open(method: string, path: string, body?: object): ClientRequest {
      const sent = request(server.url + path, { method, headers, agent: false })
      sent.on('error', () => {}) // the test cuts it off here
      sent.end(body && JSON.stringify(body))
      return sent
    },
  }
}

const query = '{ ledgerEntries(ownerId: "ann") { edges { node { nonce } } } }'

test.each<[way: string, isKnown: boolean, method: string, path: string, body: object | undefined]>([
  ['Yoga answers', false, 'POST', '/graphql', { query }],
  ['the document is known', true, 'POST', '/graphql', { query }],
  ['REST answers', false, 'GET', '/ledger/ann/entries', undefined],
])('no field is begun for a client that has left, where %s', async (_, isKnown, method, path, body) => {
  const app = createSlowApp()
  const { slow, lines } = app
  const { open, post } = await serve(app)
  if (isKnown) await post('/graphql', { query })
  Object.assign(slow, { begun: 0, nonces: 0, waits: true })
  lines.length = 0

  const sent = open(method, path, body)
  await vi.waitUntil(() => slow.begun === 1, { timeout: 120_000 })
  sent.destroy()
  const line = await vi.waitUntil(() => lines.find(({ msg }) => msg === 'request'), { timeout: 120_000 })
  expect(line).toMatchObject({ outcome: 'CLIENT_LEFT', status: 499, path })
  await post('/graphql', { query: '{ __typename }' })
  expect(slow).toMatchObject({ begun: 1, nonces: 0 })
  expect(lines.filter(({ msg }) => msg === 'fault')).toEqual([])
})

test('a posting before the client left stays, and no later one is made', async () => {
  let posted = 0
  around(schema.getMutationType(), 'postLedgerEntry', (inner) => async (source, args, context, info) => {
    const answer = await inner(source, args, context, info)
    posted += 1
    await gone(context)
    return answer
  })
  const app = createTestApp()
  const { open } = await serve(app)
  const posting = (nonce: string) =>
    `${nonce}: postLedgerEntry(input: { ownerId: "${owner()}", operation: CREDIT_ADD, amount: 5, nonce: "${nonce}" }) { __typename }`
  const sent = open('POST', '/graphql', { query: `mutation { ${posting('a')} ${posting('b')} }` })
  await vi.waitUntil(() => posted === 1, { timeout: 120_000 })
  sent.destroy()
  await vi.waitUntil(() => app.lines.some(({ outcome }) => outcome === 'CLIENT_LEFT'), { timeout: 120_000 })
  expect((await app.get(`/ledger/${owner()}`)).json.balance).toBe(5)
  expect(posted).toBe(1)
})
