import { DatabaseUnavailableError } from '@shared-ledger/ledger'
import { scopes } from '@shared-ledger/ledger/facts'
import { type Identify, type RunningServer, startServer } from '@shared-ledger/server'
import { buildSchema, defaultFieldResolver, GraphQLError, type GraphQLFieldResolver } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { Problem, problem, problems } from '../../rest/src/index.ts'
import type { AppOptions } from '../src/app-options.ts'
import { probes } from '../src/health.ts'
import { hooks } from '../src/hooks.ts'
import { createTestApp, owner, posting, rowsWritten, schema } from './harness.ts'

interface Found {
  readonly principal?: { readonly name: string }
  readonly tenant?: string
  readonly request?: Request | undefined
}

// What the resolvers found in their context, by the fields that the requests below select.
const seen: Found[] = []
for (const field of [
  schema.getQueryType()?.getFields().balance,
  schema.getMutationType()?.getFields().postLedgerEntry,
  schema.getSubscriptionType()?.getFields().ledgerEntryPosted,
]) {
  if (!field) throw new TypeError('The graph has no ledger.')
  const method = field.subscribe ? 'subscribe' : 'resolve'
  const resolve: GraphQLFieldResolver<unknown, Found> | undefined = field[method]
  field[method] = (source, args, context: Found, info) => {
    seen.push({ ...context, request: context.request })
    return resolve?.(source, args, context, info)
  }
}

const opened: RunningServer[] = []
afterEach(async () => {
  seen.length = 0
  await Promise.all(opened.splice(0).map((server) => server.close()))
})

/** Serves the app on a socket, and sends it every kind of request. */
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
  const graphql = (query: string, headers = {}) => ask('/graphql', headers, { query })
  const ways = {
    graphql: (headers = {}) => graphql(`query Read { balance(ownerId: "${owner()}") { amount } }`, headers),
    introspection: (headers = {}) => graphql('{ __typename }', headers),
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
  return { server, ways, graphql, lines, probe: (path: string) => ask(path, {}) }
}

/** Identifies everybody who sends a name. */
const byName: Identify = ({ header }) => {
  const name = header('authorization')
  return name === null ? problem('UNAUTHENTICATED', 'Say who you are.') : { name, scopes }
}
const ann = { authorization: 'ann' }
type Way = keyof Awaited<ReturnType<typeof serveApp>>['ways']
const allWays: readonly Way[] = [
  'graphql',
  'introspection',
  'rest',
  'rest posting',
  'subscription',
  'graphiql',
  'docs page',
  'no route',
]

describe('the caller', () => {
  test.each(allWays)('is identified once for each request, before anything is answered: %s', async (way) => {
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
    expect(refused.headers.get('www-authenticate')).toBe('Bearer')
    expect(seen).toHaveLength(before)
    expect(lines.at(-1)).toMatchObject({ msg: 'request', outcome: 'UNAUTHENTICATED', status: 401 })
  })

  test('posts nothing when it is refused', async () => {
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
    const all = ['graphql', 'graphql', 'graphql', 'rest', 'rest posting', 'subscription'] as const
    for (const way of all) await ways[way](ann)
    expect(seen.map(({ principal }) => principal)).toEqual(all.map(() => ({ name: 'ann', scopes })))
    for (const { request } of seen) expect(request?.headers.get('authorization')).toBe('ann')
  })

  test('is read from headers, in upper or lower case', async () => {
    const { ways } = await serveApp({
      identify: ({ header }) => ({ name: header('X-Name') ?? 'none', scopes }),
    })
    await ways.graphql({ 'x-name': 'ann' })
    expect(seen[0]?.principal).toEqual({ name: 'ann', scopes })
  })

  test.each([...probes])('is not identified for probes: %s', async (path) => {
    const { probe } = await serveApp({ identify: byName })
    expect((await probe(path)).status).toBe(200)
  })

  test('is told to try again when the database cannot identify it now', async () => {
    const { ways, lines } = await serveApp({
      identify() {
        throw new DatabaseUnavailableError('The keys cannot be read now.')
      },
    })
    const { status, headers, text } = await ways.rest(ann)
    expect([status, headers.get('retry-after')]).toEqual([503, '2'])
    expect(JSON.parse(text)).toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      detail: 'The keys cannot be read now.',
    })
    expect(lines).toContainEqual(expect.objectContaining({ msg: 'database unavailable' }))
  })

  test('is refused when identifying it takes longer than a request may', async () => {
    vi.stubEnv('REQUEST_TIMEOUT_MS', '1000')
    const { ways } = await serveApp({ identify: () => new Promise(() => {}) })
    vi.unstubAllEnvs()
    const answers = await Promise.all(allWays.map((way) => ways[way](ann)))
    expect(answers.map(({ status }) => status)).toEqual(allWays.map(() => 503))
  })

  test.each([
    ['an error that is no problem', new GraphQLError('You may not.')],
    ['nothing', undefined],
    ['no name', { scopes }],
    ['no scopes', { name: 'ann' }],
    ['a scope that there is not', { name: 'ann', scopes: ['read', 'write'] }],
    ['an owner that is none', { name: 'ann', owner: null }],
    ['an owner with scopes', { name: 'ann', owner: 'ann', scopes }],
    ["a problem of a route's own", new Problem('NOTE_NOT_FOUND', 'There is no note.')],
  ])('is not let in by %s', async (_, returned) => {
    const { ways, lines } = await serveApp({ identify: () => returned as never })
    expect((await ways.graphql(ann)).status).toBe(500)
    expect(seen).toEqual([])
    expect(lines.filter(({ msg }) => msg === 'fault')).toHaveLength(1)
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

  test('is added to the context of every resolver', async () => {
    const { ways } = await serveApp({
      identify: byName,
      context: async (context) => ({
        ...context,
        tenant: `${context.principal.name} of ${context.request.headers.get('x-tenant')}`,
      }),
    })
    for (const way of read) expect((await ways[way]({ ...ann, 'x-tenant': 'acme' })).status).toBe(200)
    expect(seen.map(({ tenant }) => tenant)).toEqual(read.map(() => 'ann of acme'))
    expect(seen.map(({ principal }) => principal?.name)).toEqual(read.map(() => 'ann'))
  })

  test('refuses one caller and not another, also for introspection', async () => {
    const { ways } = await serveApp({
      identify: byName,
      context({ principal }) {
        if (principal.name !== 'ann') throw problem('FORBIDDEN')
        return {}
      },
    })
    for (const way of ['graphql', 'introspection', 'rest', 'subscription'] as const) {
      const asked = [ann, { authorization: 'bob' }, ann, { authorization: 'bob' }].map(ways[way])
      expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([200, 403, 200, 403])
    }
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
  test('runs its hooks around the context and the execution for every document', async () => {
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
    expect(seen.map(({ tenant }) => tenant)).toEqual(read.map(() => 'acme'))
    for (let time = 0; time < 3; time += 1) await ways.introspection()
    expect(ran).toEqual(
      Array(read.length + 3)
        .fill(['context', 'execute', 'done'])
        .flat(),
    )
    expect(lines.filter(({ msg }) => msg === 'fault')).toEqual([])
  })

  /** These are called once, when the server starts or ends. */
  const once = ['onSchemaChange', 'onYogaInit', 'onPluginInit', 'onDispose']
  const each = Object.keys(hooks).filter(
    (name) => ![...once, 'onSubscribe', 'instrumentation'].includes(name),
  )

  test.each(once)('has its %s called by the server, not by requests', async (name) => {
    const calls: string[] = []
    const { server, ways } = await serveApp({ plugins: [{ [name]: () => void calls.push(name) }] })
    const atStart = calls.length
    for (let time = 0; time < 3; time += 1) expect((await ways.graphql()).status).toBe(200)
    expect(calls).toHaveLength(atStart)
    await server.close()
    expect([atStart > 0, calls.length - atStart]).toEqual(name === 'onDispose' ? [false, 1] : [true, 0])
  })

  test('has its onSubscribe called for each subscription', async () => {
    let subscribed = 0
    const plugin: Plugin = {
      onSubscribe() {
        subscribed += 1
      },
    }
    const { ways } = await serveApp({ plugins: [plugin] })
    for (let time = 0; time < 3; time += 1) expect((await ways.subscription()).status).toBe(200)
    expect(subscribed).toBe(3)
  })

  test('may check a document by its sender', async () => {
    const plugin: Plugin = {
      onValidate({ context, setResult }) {
        const { principal }: Found = Object(context)
        return () => {
          if (principal?.name !== 'ann') setResult([new GraphQLError('Not for you.')])
        }
      },
    }
    const { ways } = await serveApp({ identify: byName, plugins: [plugin] })
    for (let time = 0; time < 2; time += 1) {
      expect((await ways.graphql(ann)).text).toContain('"amount"')
      expect((await ways.graphql({ authorization: 'bob' })).text).toContain('Not for you.')
    }
  })

  test('may refuse to parse a document by its sender', async () => {
    const plugin: Plugin = {
      onParse({ context }) {
        const { principal }: Found = Object(context)
        return ({ replaceParseResult }) => {
          if (principal?.name !== 'ann') replaceParseResult(new GraphQLError('Not for you.'))
        }
      },
    }
    const { ways } = await serveApp({ identify: byName, plugins: [plugin] })
    for (let time = 0; time < 2; time += 1) {
      expect((await ways.graphql({ authorization: 'bob' })).text).toContain('Not for you.')
      expect((await ways.graphql(ann)).text).toContain('"amount"')
    }
  })

  test('may give each tenant a schema of its own', async () => {
    const other = buildSchema('type Query { other: Int }')
    const plugin: Plugin = {
      onEnveloped({ context, setSchema }) {
        const { principal }: Found = Object(context)
        setSchema(principal?.name === 'ann' ? schema : other)
      },
    }
    const { ways } = await serveApp({ identify: byName, plugins: [plugin] })
    for (let time = 0; time < 2; time += 1) {
      expect((await ways.graphql(ann)).text).toContain('"amount"')
      expect((await ways.graphql({ authorization: 'bob' })).text).toContain('GRAPHQL_VALIDATION_FAILED')
    }
    expect(seen.map(({ principal }) => principal?.name)).toEqual(['ann', 'ann'])
  })

  test.each(each)('has its %s called for every document', async (name) => {
    const calls: string[] = []
    const method = () => void calls.push(name)
    class Methods {}
    Object.defineProperty(Methods.prototype, name, { value: method })
    const plugins: Plugin[] = [new Methods()]
    const { ways } = await serveApp({ plugins })
    const counts: number[] = []
    for (let time = 0; time < 3; time += 1) {
      expect((await ways.graphql()).status).toBe(200)
      counts.push(calls.length)
    }
    const [first = 0] = counts
    expect(first).toBeGreaterThan(0)
    expect(counts).toEqual([first, 2 * first, 3 * first])
  })

  test('wraps each request with its instrumentation', async () => {
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

  test('may add a plugin whose hooks run for every request', async () => {
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

test('a problem that a resolver throws affects its field alone', async () => {
  const field = schema.getQueryType()?.getFields().ledgerEntry
  if (!field) throw new TypeError('The graph has no entries.')
  const { resolve = defaultFieldResolver } = field
  field.resolve = () => {
    throw problem('FORBIDDEN')
  }
  try {
    const { graphql } = await serveApp({})
    for (let time = 0; time < 2; time += 1) {
      const { status, text } = await graphql('{ __typename ledgerEntry(id: "1") { id } }')
      expect(status).toBe(200)
      const error = {
        message: problems.FORBIDDEN.meaning,
        path: ['ledgerEntry'],
        extensions: { code: 'FORBIDDEN' },
      }
      expect(JSON.parse(text)).toEqual({
        data: { __typename: 'Query', ledgerEntry: null },
        errors: [{ ...error, locations: expect.anything() }],
      })
    }
  } finally {
    field.resolve = resolve
  }
})

test('a plugin that fails to dispose does not keep the rest from closing', async () => {
  const { served } = createTestApp({
    plugins: [
      {
        onDispose() {
          throw new Error('It does not let go.')
        },
      },
    ],
  })
  let isClosed = false
  const server = await startServer({
    ...served,
    port: 0,
    async close() {
      isClosed = true
    },
  })
  await expect(server.close()).rejects.toThrow('It does not let go.')
  expect(isClosed).toBe(true)
})
