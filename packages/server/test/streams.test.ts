import { createSchema, createYoga } from 'graphql-yoga'
import { expect, test } from 'vitest'
import { createMaskError } from '../src/graphql-errors.ts'
import { createStreams } from '../src/use-streams.ts'

const url = `http://localhost/graphql?query=${encodeURIComponent('subscription { waiting }')}`
const headers = { accept: 'text/event-stream' }

test('more subscriptions than there may be are told OVERLOADED, until one ends', async () => {
  let open = 0
  const schema = createSchema({
    typeDefs: 'type Query { nothing: Int } type Subscription { waiting: Int }',
    resolvers: {
      Subscription: {
        waiting: {
          async *subscribe() {
            open += 1
            try {
              for (let waiting = 1; ; waiting += 1) yield { waiting }
            } finally {
              open -= 1
            }
          },
        },
      },
    },
  })
  const maskError = createMaskError({ onFault: () => {}, onUnavailable: () => {} })
  const { useStreams, endAll } = createStreams(maskError, 2)
  const yoga = createYoga({ schema, plugins: [useStreams], logging: false })
  const subscribe = async () => yoga.fetch(url, { headers })

  const answers = await Promise.all([1, 2, 3, 4].map(subscribe))
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 503, 503])
  const refused = answers[2]
  expect(refused?.headers.get('retry-after')).toBe('1')
  expect(await refused?.text()).toContain('"extensions":{"code":"OVERLOADED","retryable":true}')

  const reader = answers[0]?.body?.getReader()
  await reader?.read()
  await reader?.cancel()
  await expect.poll(async () => (await subscribe()).status).toBe(200)
  endAll()
  await expect.poll(() => open).toBe(0)
})
