import type { Scope } from '@shared-ledger/ledger/facts'
import { openRegister } from '@shared-ledger/ledger/keys'
import { type RunningServer, startServer } from '@shared-ledger/server'
import { afterAll, vi } from 'vitest'
import { createTestApp, type ledger, owner, pool, posting } from './harness.ts'

const servers: RunningServer[] = []
afterAll(async () => {
  for (const server of servers.splice(0)) await server.close()
})

/** Makes a key of the harness's app, as `npx shared-ledger keys` does. */
export async function makeKey(wanted: {
  readonly name?: string
  readonly scopes?: readonly Scope[]
  readonly ownerId?: string | null
  readonly expiresInS?: number | null
}) {
  const register = await openRegister(pool, 'content')
  const made = { name: 'ci', scopes: [], ownerId: null, expiresInS: null, ...wanted }
  const { text, key } = await register.create(made)
  return { text, id: key.id, revoke: () => register.revoke(key.id) }
}

/** Serves the harness's app with settings, and sends it every kind of request. */
export async function serveWith(
  settings: Record<string, string>,
  changes: Partial<Pick<Parameters<typeof startServer>[0], 'identify'>> & { keys?: typeof ledger.keys } = {},
) {
  const { served, lines } = createTestApp(changes.identify ? { identify: changes.identify } : {})
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value)
  const starting = startServer({
    ...served,
    ledger: { ...served.ledger, ...(changes.keys && { keys: changes.keys }) },
    port: 0,
  })
  const server = await starting.finally(() => vi.unstubAllEnvs())
  servers.push(server)
  const ask = async (path: string, headers: Record<string, string>, body?: object) => {
    const response = await fetch(server.url + path, {
      method: body ? 'POST' : 'GET',
      headers: { ...(body && { 'content-type': 'application/json' }), ...headers },
      ...(body && { body: JSON.stringify(body) }),
    })
    return { status: response.status, headers: response.headers, text: await response.text() }
  }
  const read = { query: `query Read { balance(ownerId: "${owner()}") { amount } }` }
  const ways = {
    graphql: (headers = {}) => ask('/graphql', headers, read),
    introspection: (headers = {}) =>
      ask('/graphql', headers, { query: '{ __schema { queryType { name } } }' }),
    'graphql by GET': (headers = {}) => ask('/graphql?query=%7B__typename%7D', headers),
    rest: (headers = {}) => ask(`/ledger/${owner()}`, headers),
    'rest posting': (headers = {}) => ask('/ledger', headers, posting()),
    'no route': (headers = {}) => ask('/nowhere', headers),
  }
  return { server, lines, ask, ways, close: () => server.close() }
}

export const bearer = (text: string) => ({ authorization: `Bearer ${text}` })

/** Returns the code and the message of a refusal, over REST or GraphQL. */
export function refusalOf({ text }: { readonly text: string }) {
  const { code, detail, errors } = JSON.parse(text)
  return { code: code ?? errors[0].extensions.code, message: detail ?? errors[0].message }
}
