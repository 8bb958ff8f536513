import { type Identify, type RunningServer, startServer } from '@shared-ledger/server'
import type { GraphQLFieldResolver } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { afterEach, describe, expect, test } from 'vitest'
import { problem, problems } from '../../rest/src/index.ts'
import type { AppOptions } from '../src/app.ts'
import { probes } from '../src/health.ts'
import { hooks } from '../src/hooks.ts'
import { createTestApp, owner, posting, rowsWritten, schema } from './harness.ts'

// What a resolver of the graph finds in its context, by the field that every way below asks.
const seen: { principal?: { name: string }; tenant?: string; request?: Request }[] = []
const balance = schema.getQueryType()?.getFields().balance
const resolve: GraphQLFieldResolver<unknown, (typeof seen)[number]> | undefined = balance?.resolve
if (!balance || !resolve) throw new TypeError('The graph has no balance.')
balance.resolve = (source, args, context, info) => {
  seen.push({ ...context, request: context.request })
  return resolve(source, args, context, info)
}

const opened: RunningServer[] = []
afterEach(async () => {
  seen.length = 0
  await Promise.all(opened.splice(0).map((server) => server.close()))
})

/** Serves the app on a socket, and asks it in every way that there is. */
async function serveApp(options: Pick<AppOptions, 'identify' | 'context' | 'plugins'>) {
  const { served, lines } = createTestApp(options)
  const server = await startServer({ ...served, port: 0 })
  opened.push(server)
  const ask = async (path: string, headers: Record<string, string>, body?: object) => {
    const response = await fetch(server.url + path, {
      method: body ? 'POST' : 'GET',
      headers: { ...(body && { 'content-type': 'application/json' }), ...headers },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text }
  }
  const query = { query: `query Read { balance(ownerId: "${owner()}") { amount } }` }
  const ways = {
    graphql: (headers = {}) => ask('/graphql', headers, query),
    rest: (headers = {}) => ask(`/ledger/${owner()}`, headers),
    'rest posting': (headers = {}) => ask('/ledger', headers, posting()),
    subscription: (headers = {}) =>
      ask(
        '/graphql',
        { accept: 'text/event-stream', ...headers },
        {
          query: 'subscription { ledgerEntryPosted(ownerId: "") { cursor } }',
        },
      ),
    graphiql: (headers = {}) => ask('/graphql', { accept: 'text/html', ...headers }),
    'docs page': (headers = {}) => ask('/docs', headers),
    'no route': (headers = {}) => ask('/nowhere', headers),
  }
  return { ways, lines, probe: (path: string) => ask(path, {}) }
}

/** Knows everybody who gives a name. */
const byName: Identify = ({ header }) => {
  const name = header('authorization')
  return name === null ? problem('UNAUTHENTICATED', 'Say who you are.') : { name }
}
const ann = { authorization: 'ann' }
type Way = keyof Awaited<ReturnType<typeof serveApp>>['ways']
const allWays: readonly Way[] = [
  'graphql',
  'rest',
  'rest posting',
  'subscription',
  'graphiql',
  'docs page',
  'no route',
]

describe('who asks', () => {
  test.each(allWays)('is asked once for each request, before anything is answered: %s', async (way) => {
    let asked = 0
    const { ways, lines } = await serveApp({
      identify: (request) => {
        asked += 1
        return byName(request)
      },
    })
    for (let time = 1; time <= 3; time += 1) {
      const { status } = await ways[way](ann)
      expect(status).toBe(way === 'no route' ? 404 : 200)
      expect(asked).toBe(time)
      expect(lines.at(-1)).toMatchObject({ msg: 'request', principal: 'ann' })
    }
    const before = seen.length
    const refused = await ways[way]()
    expect(refused.status).toBe(401)
    const { code, detail, errors } = JSON.parse(refused.text)
    expect([code ?? errors[0].extensions.code, detail ?? errors[0].message]).toEqual([
      'UNAUTHENTICATED',
      'Say who you are.',
    ])
    expect(seen).toHaveLength(before)
    expect(lines.at(-1)).toMatchObject({ msg: 'request', outcome: 'UNAUTHENTICATED', status: 401 })
  })

  test('posts nothing where it is refused', async () => {
    const { ways } = await serveApp({ identify: () => problem('FORBIDDEN') })
    const refused = await ways['rest posting'](ann)
    expect(refused.status).toBe(403)
    expect(JSON.parse(refused.text)).toMatchObject({
      code: 'FORBIDDEN',
      detail: problems.FORBIDDEN.meaning,
      type: '/problems/forbidden',
    })
    expect(await rowsWritten()).toBe(0)
  })

  test('is in the context of every resolver', async () => {
    const { ways } = await serveApp({ identify: byName })
    for (const way of ['graphql', 'graphql', 'graphql', 'rest'] as const) await ways[way](ann)
    expect(seen.map(({ principal }) => principal)).toEqual(Array(4).fill({ name: 'ann' }))
    for (const { request } of seen) expect(request?.headers.get('authorization')).toBe('ann')
  })

  test.each([...probes])('is not asked of probes: %s', async (path) => {
    const { probe } = await serveApp({ identify: byName })
    expect((await probe(path)).status).toBe(200)
  })

  test.each(allWays)(
    'that cannot be told is a fault of the server, which goes to its log: %s',
    async (way) => {
      const { ways, lines } = await serveApp({
        identify() {
          throw new Error('a secret')
        },
      })
      const { status, text } = await ways[way](ann)
      expect(status).toBe(500)
      expect(text).not.toContain('secret')
      expect(lines).toContainEqual(
        expect.objectContaining({ msg: 'fault', err: expect.objectContaining({ message: 'a secret' }) }),
      )
    },
  )
})

describe('an app’s own context', () => {
  const read = ['graphql', 'graphql', 'graphql', 'rest', 'rest'] as const

  test('is added to that of every resolver', async () => {
    const { ways } = await serveApp({
      identify: byName,
      context: async ({ principal, request }) => ({
        tenant: `${principal.name} of ${request.headers.get('x-tenant')}`,
      }),
    })
    for (const way of read) expect((await ways[way]({ ...ann, 'x-tenant': 'acme' })).status).toBe(200)
    expect(seen.map(({ tenant }) => tenant)).toEqual(read.map(() => 'ann of acme'))
    expect(seen.map(({ principal }) => principal?.name)).toEqual(read.map(() => 'ann'))
  })

  test.each([
    {
      what: 'that refuses',
      thrown: () => problem('FORBIDDEN', 'Not yours.'),
      status: 403,
      code: 'FORBIDDEN',
      message: 'Not yours.',
      faults: 0,
    },
    {
      what: 'that fails',
      thrown: () => new Error('a secret'),
      status: 500,
      code: 'INTERNAL_ERROR',
      message: problems.INTERNAL_ERROR.meaning,
      faults: 1,
    },
  ])(
    '$what is answered alike, however often a document comes',
    async ({ thrown, status, code, message, faults }) => {
      let isRefused = false
      const { ways, lines } = await serveApp({
        context() {
          if (isRefused) throw thrown()
          return {}
        },
      })
      const graphql = async () => {
        const answer = await ways.graphql()
        return [answer.status, JSON.parse(answer.text)]
      }
      isRefused = true
      const first = await graphql()
      isRefused = false
      expect((await graphql())[0]).toBe(200)
      isRefused = true
      const known = [await graphql(), await graphql()]
      expect(
        [first, ...known].map(([, { errors }]) => [errors[0].message, errors[0].extensions.code]),
      ).toEqual(Array(3).fill([message, code]))
      expect(known).toEqual([first, first])
      const rest = await ways.rest()
      expect(rest.status).toBe(status)
      expect(JSON.parse(rest.text)).toMatchObject({ code, detail: message })
      expect(seen).toHaveLength(1)
      expect(lines.filter(({ msg }) => msg === 'fault')).toHaveLength(4 * faults)
    },
  )
})

describe('an app’s own plugin', () => {
  test('runs around the context and the execution for every document', async () => {
    const ran: string[] = []
    const added: object = { tenant: 'acme' }
    const plugin: Plugin = {
      onContextBuilding({ extendContext }) {
        ran.push('context')
        extendContext(added)
      },
      onExecute() {
        ran.push('execute')
        return { onExecuteDone: () => void ran.push('done') }
      },
    }
    const { ways, lines } = await serveApp({ plugins: [plugin] })
    const read = ['graphql', 'graphql', 'graphql', 'rest', 'rest'] as const
    for (const way of read) expect((await ways[way]()).status).toBe(200)
    expect(ran).toEqual(read.flatMap(() => ['context', 'execute', 'done']))
    expect(seen.map(({ tenant }) => tenant)).toEqual(read.map(() => 'acme'))
    expect(lines.filter(({ msg }) => msg === 'fault')).toEqual([])
  })

  const called = Object.entries(hooks)
    .filter(
      ([name]) =>
        ![
          'onSchemaChange',
          'onYogaInit',
          'onPluginInit',
          'onDispose',
          'onSubscribe',
          'instrumentation',
        ].includes(name),
    )
    .map(([name]) => name)

  test.each(called)('has its %s called each time that a document comes', async (name) => {
    const calls: string[] = []
    const plugin: Plugin = { [name]: () => void calls.push(name) }
    const { ways } = await serveApp({ plugins: [plugin] })
    const counts: number[] = []
    for (let time = 0; time < 3; time += 1) {
      expect((await ways.graphql()).status).toBe(200)
      counts.push(calls.length)
    }
    const each = counts[0] ?? 0
    expect(each).toBeGreaterThan(0)
    expect(counts).toEqual([each, 2 * each, 3 * each])
  })

  test('is wrapped by its instrumentation each time', async () => {
    let operations = 0
    const plugin: Plugin = {
      instrumentation: {
        operation(_, wrapped) {
          operations += 1
          return wrapped()
        },
      },
    }
    const { ways } = await serveApp({ plugins: [plugin] })
    for (let time = 0; time < 3; time += 1) await ways.graphql()
    expect(operations).toBe(3)
  })

  test('may add one of another kind, whose hooks run each time', async () => {
    const ran: string[] = []
    const plugin: Plugin = {
      onPluginInit({ addPlugin }) {
        addPlugin({ onParams: () => void ran.push('onParams') })
      },
    }
    const { ways } = await serveApp({ plugins: [plugin] })
    for (let time = 0; time < 3; time += 1) await ways.graphql()
    expect(ran).toHaveLength(3)
  })
})
