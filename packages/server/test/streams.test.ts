import { type Principal, scopes } from '@shared-ledger/ledger/facts'
import { createSchema, createYoga } from 'graphql-yoga'
import { describe, expect, test } from 'vitest'
import { createMaskError } from '../src/graphql-errors.ts'
import { anyone } from '../src/identify.ts'
import { createStreams } from '../src/use-streams.ts'

const url = `http://localhost/graphql?query=${encodeURIComponent('subscription { waiting }')}`
const headers = { accept: 'text/event-stream' }

/** Starts a server whose one subscription never ends by itself. */
function serveStreams(most: Parameters<typeof createStreams>[1]) {
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
  const { useStreams, endAll } = createStreams(maskError, most)
  const yoga = createYoga<{ principal?: Principal }>({ schema, plugins: [useStreams], logging: false })
  const subscribe = async (principal?: Principal) =>
    yoga.fetch(url, { headers }, { ...(principal && { principal }) })
  return { subscribe, endAll, open: () => open }
}

test('subscriptions beyond the limit get OVERLOADED, until one ends', async () => {
  const { subscribe, endAll, open } = serveStreams({ streams: 2, streamsPerPrincipal: 1 })
  const answers = await Promise.all([1, 2, 3, 4].map(() => subscribe()))
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 503, 503])
  const refused = answers[2]
  expect(refused?.headers.get('retry-after')).toBe('1')
  expect(await refused?.text()).toContain('"extensions":{"code":"OVERLOADED","retryable":true}')

  const reader = answers[0]?.body?.getReader()
  await reader?.read()
  await reader?.cancel()
  await expect.poll(async () => (await subscribe()).status).toBe(200)
  endAll()
  await expect.poll(open).toBe(0)
})

describe('one principal', () => {
  const ann: Principal = { name: 'ann', scopes }
  const statusOf = async (principal?: Principal) => (await serveOnce.subscribe(principal)).status
  const serveOnce = serveStreams({ streams: 5, streamsPerPrincipal: 2 })

  test('has its share of them even when all are requested at once, and others have the rest', async () => {
    const ofAnn = await Promise.all([1, 2, 3, 4].map(() => statusOf(ann)))
    expect(ofAnn).toEqual([200, 200, 429, 429])
    expect(await statusOf({ ...ann })).toBe(429)
    expect(await statusOf({ name: 'ann', owner: 'ann' })).toBe(200)
    expect(await statusOf({ name: 'bob', scopes })).toBe(200)
    expect(await statusOf(anyone)).toBe(200)
    expect(await statusOf(anyone)).toBe(503)
    serveOnce.endAll()
    await expect.poll(serveOnce.open).toBe(0)
  })

  test('is not counted when requests are not authenticated', async () => {
    const { subscribe, endAll, open } = serveStreams({ streams: 3, streamsPerPrincipal: 1 })
    const statuses = await Promise.all([1, 2, 3, 4].map(async () => (await subscribe(anyone)).status))
    expect(statuses).toEqual([200, 200, 200, 503])
    endAll()
    await expect.poll(open).toBe(0)
  })
})
