import { DatabaseUnavailableError, ledgerErrorOf } from '@shared-ledger/ledger'
import { buildSchema, GraphQLError, GraphQLInt, GraphQLObjectType, GraphQLSchema, parse } from 'graphql'
import { expect, test, vi } from 'vitest'
import { createExecution } from '../src/execution.ts'
import { createGraph } from '../src/graph.ts'
import { anyone } from '../src/identify.ts'

const schema = buildSchema(
  'type Query { never: Int, now: Int, later: Int, fails: Int } type Subscription { never: Int }',
)
const rootValue = {
  never: () => new Promise(() => {}),
  now: 1,
  later: async () => 2,
  fails: async () => {
    throw new GraphQLError('no')
  },
}
const { execute, subscribe } = createExecution(schema, 50)

async function run(query: string) {
  const run = query.startsWith('subscription') ? subscribe : execute
  const result = await run({ schema, rootValue, document: parse(query) })
  return 'errors' in result || 'data' in result ? result : expect.fail('a stream')
}

test.each(['{ never }', 'subscription { never }'])(
  '%s, which nothing settles, is answered at the bound',
  async (query) => {
    const { data, errors } = await run(query)
    expect(data).toBeNull()
    const [error] = errors ?? []
    expect(ledgerErrorOf(error?.originalError)).toBeInstanceOf(DatabaseUnavailableError)
    expect(error?.message).toMatch(/^This took longer than 0\.05 s.*is unknown.*same nonce\.$/)
  },
)

test('a result in time is passed on unchanged', async () => {
  expect(await run('{ now later }')).toEqual({ data: { now: 1, later: 2 } })
  expect(await run('{ fails }')).toMatchObject({ data: { fails: null }, errors: [{ message: 'no' }] })
})

test('a graph applies the time limit of REQUEST_TIMEOUT_MS to its documents', async () => {
  vi.stubEnv('REQUEST_TIMEOUT_MS', '1000')
  const query = new GraphQLObjectType({
    name: 'Query',
    fields: { never: { type: GraphQLInt, resolve: () => new Promise(() => {}) } },
  })
  const asker = { principal: anyone, request: new Request('http://test'), hasLeft: () => false }
  const unavailable: unknown[] = []
  const graph = createGraph(new GraphQLSchema({ query }), {
    onFault: (error) => expect.fail(String(error)),
    onUnavailable: (error) => unavailable.push(error),
  })
  vi.unstubAllEnvs()
  const { data, errors } = await graph.execute(parse('{ never }'), {}, asker)
  expect(data).toBeNull()
  expect(errors?.[0]?.extensions).toEqual({ code: 'DATABASE_UNAVAILABLE', retryable: true })
  expect(unavailable).toHaveLength(1)
})
