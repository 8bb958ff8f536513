import { DatabaseUnavailableError, ledgerErrorOf } from '@shared-ledger/ledger'
import { buildSchema, GraphQLError, parse } from 'graphql'
import { createYoga } from 'graphql-yoga'
import { expect, test } from 'vitest'
import { useBound } from '../src/use-bound.ts'

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
const yoga = createYoga({ schema, plugins: [useBound(50)], maskedErrors: false, logging: false })

async function run(query: string) {
  const { execute, subscribe, contextFactory } = yoga.getEnveloped({ request: new Request('http://test') })
  const run = query.startsWith('subscription') ? subscribe : execute
  return run({ schema, rootValue, document: parse(query), contextValue: await contextFactory() })
}

test.each(['{ never }', 'subscription { never }'])(
  '%s, which nothing settles, is answered at the bound',
  async (query) => {
    const { data, errors } = await run(query)
    expect(data).toBeNull()
    const [error] = errors
    expect(ledgerErrorOf(error.originalError)).toBeInstanceOf(DatabaseUnavailableError)
    expect(error.message).toMatch(/^This took longer than 0\.05 s.*is unknown.*same nonce\.$/)
  },
)

test('what is settled in time is answered as it is', async () => {
  expect(await run('{ now later }')).toEqual({ data: { now: 1, later: 2 } })
  expect(await run('{ fails }')).toMatchObject({ data: { fails: null }, errors: [{ message: 'no' }] })
})
