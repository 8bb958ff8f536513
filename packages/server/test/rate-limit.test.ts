import { scopes } from '@shared-ledger/ledger/facts'
import { type RunningServer, startServer } from '@shared-ledger/server'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createLedgerClient } from '../../client/src/index.ts'
import { problem } from '../../rest/src/index.ts'
import { probes } from '../src/health.ts'
import { createTestApp, owner, posting, rowsWritten } from './harness.ts'

const opened: RunningServer[] = []
afterEach(async () => {
  vi.unstubAllEnvs()
  await Promise.all(opened.splice(0).map((server) => server.close()))
})

/** Serves the app with a rate limit. Callers give a name. */
async function serveApp(limit: string) {
  const { served, lines } = createTestApp({
    identify: ({ header }) => {
      const name = header('authorization')
      return name === null ? problem('UNAUTHENTICATED') : { name, scopes }
    },
  })
  vi.stubEnv('RATE_LIMIT', limit)
  const server = await startServer({ ...served, port: 0 })
  opened.push(server)
  const ask = async (path: string, body?: unknown, head: Record<string, string> = {}) => {
    const response = await fetch(server.url + path, {
      headers: {
        authorization: 'ann',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...head,
      },
      ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text }
  }
  const graphql = (query: string, variables = {}, head = {}) => ask('/graphql', { query, variables }, head)
  return { url: server.url, ask, graphql, lines }
}

const inputs = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    ownerId: owner(),
    operation: 'CREDIT_ADD',
    amount: 1,
    nonce: `batch ${index}`,
  }))
const batch =
  'mutation ($inputs: [PostLedgerEntryInput!]!) { postLedgerEntries(inputs: $inputs) { __typename } }'
const inRest = (count: number) => ({
  entries: inputs(count).map(({ ownerId, ...entry }) => ({ owner_id: ownerId, ...entry })),
})

/** No token comes back during a test, however long it takes. */
const never = '1/h burst'

describe('beyond its rate, a caller gets RATE_LIMITED', () => {
  test('on every path, and others are answered', async () => {
    const { ask, graphql } = await serveApp(`${never} 2`)
    const known = '{ balance(ownerId: "known") { amount } }'
    for (let time = 1; time <= 2; time += 1) expect((await graphql(known)).status).toBe(200)
    const stream = { accept: 'text/event-stream' }
    const refused = {
      'a known document': await graphql(known),
      'another document': await graphql('{ __typename }'),
      'a subscription': await graphql(
        'subscription { ledgerEntryPosted(ownerId: "") { cursor } }',
        {},
        stream,
      ),
      rest: await ask(`/ledger/${owner()}`),
      'a posting': await ask('/ledger', posting()),
      'a page': await ask('/docs', undefined, { accept: 'text/html' }),
      'a file': await ask('/style.css'),
      'no route': await ask('/nope'),
    }
    for (const [way, { status, headers, text }] of Object.entries(refused)) {
      const { code, errors } = JSON.parse(text)
      const told = errors ? errors[0].extensions : { code, retryable: true }
      expect([way, status, told]).toEqual([way, 429, { code: 'RATE_LIMITED', retryable: true }])
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(3_500)
      expect(headers.get('ratelimit-policy')).toBe('"principal";q=2;w=7200')
      expect(headers.get('ratelimit')).toMatch(/^"principal";r=0;t=3\d{3}$/)
    }
    expect(await rowsWritten()).toBe(0)
    expect((await ask('/ledger', posting(), { authorization: 'bob' })).status).toBe(200)
  })

  test('and probes are still answered', async () => {
    const { ask } = await serveApp(`${never} 1`)
    expect((await ask('/docs')).status).toBe(200)
    for (const path of [...probes, ...probes]) expect([path, (await ask(path)).status]).toEqual([path, 200])
    expect((await ask('/docs')).status).toBe(429)
  })

  test('and a caller that is not let in is told that, however often it asks', async () => {
    const { url } = await serveApp(`${never} 1`)
    for (let time = 1; time <= 5; time += 1) expect((await fetch(`${url}/docs`)).status).toBe(401)
  })

  test('and the log has one line with a sum and a name', async () => {
    const { ask, lines } = await serveApp(`${never} 1`)
    for (let time = 1; time <= 6; time += 1) await ask('/style.css')
    await vi.waitFor(
      () => {
        const sums = lines.filter(({ msg }) => msg === 'requests refused')
        expect(sums.reduce((sum, { requests }) => sum + Number(requests), 0)).toBe(5)
        for (const sum of sums) expect(sum).toMatchObject({ outcome: 'RATE_LIMITED', principals: ['ann'] })
      },
      { timeout: 60_000 },
    )
    expect(lines.filter(({ msg, status }) => msg === 'request' && status === 429)).toEqual([])
  })
})

describe('a batch', () => {
  test.each([
    ['/graphql', (count: number) => ({ query: batch, variables: { inputs: inputs(count) } })],
    ['/ledger/batch', inRest],
  ])(
    'to %s counts for its entries; one that is refused did nothing and used up no nonce',
    async (path, request) => {
      const { ask } = await serveApp(`${never} 20`)
      expect((await ask(path, request(11))).status).toBe(200)
      const before = await rowsWritten()
      const refused = await ask(path, request(12))
      expect([refused.status, refused.text]).toEqual([429, expect.stringContaining('RATE_LIMITED')])
      expect(refused.text).toContain('The request counts for 12.')
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3_600) // 12 tokens are needed, 8 are left
      expect(refused.headers.get('ratelimit')).toMatch(/^"principal";r=8;/)
      expect(await rowsWritten()).toBe(before)
      // Eight tokens are left: a smaller batch is posted, and its nonce is new to the ledger.
      const [last] = inputs(12).slice(11)
      const nonceOf12 = await ask('/ledger', {
        owner_id: owner(),
        operation: 'CREDIT_ADD',
        amount: 1,
        nonce: last?.nonce,
      })
      expect([nonceOf12.status, nonceOf12.headers.get('idempotency-replayed')]).toEqual([200, null])
    },
  )

  test('of more than the burst is posted, and the next request waits', async () => {
    const { graphql } = await serveApp(`${never} 5`)
    expect((await graphql(batch, { inputs: inputs(50) })).status).toBe(200)
    expect(await rowsWritten()).toBe(51)
    expect((await graphql('{ __typename }')).status).toBe(429)
  })

  test('of mutations in one document counts each, and none of them runs', async () => {
    const { graphql } = await serveApp(`${never} 20`)
    const aliases = (count: number) =>
      `mutation { ${inputs(count)
        .map(
          ({ ownerId, nonce }, index) =>
            `a${index}: postLedgerEntry(input: { ownerId: "${ownerId}", operation: CREDIT_ADD, amount: 1, nonce: "${nonce}" }) { __typename }`,
        )
        .join(' ')} }`
    expect((await graphql(aliases(19))).status).toBe(200)
    expect(await rowsWritten()).toBe(20)
    const { status, text } = await graphql(aliases(18).replaceAll('batch', 'other'))
    expect([status, JSON.parse(text).data]).toEqual([429, undefined])
    expect(await rowsWritten()).toBe(20)
  })
})

test('the typed client waits, and is answered', async () => {
  const { url } = await serveApp('2/s burst 2')
  const client = createLedgerClient({ url: `${url}/graphql`, headers: { authorization: 'ann' } })
  const amounts = await Promise.all([1, 2, 3, 4].map(() => client.balance(owner())))
  expect(amounts.map(({ amount }) => amount)).toEqual([0, 0, 0, 0])
})

test('without authentication, the start warns that the limit has no effect', async () => {
  const { served, lines } = createTestApp()
  vi.stubEnv('RATE_LIMIT', '1/h')
  const server = await startServer({ ...served, port: 0 })
  opened.push(server)
  expect(lines.map(({ msg }) => msg)).toContainEqual(expect.stringMatching(/^RATE_LIMIT has no effect/))
  for (let time = 1; time <= 5; time += 1) expect((await fetch(`${server.url}/livez`)).status).toBe(200)
  for (let time = 1; time <= 5; time += 1) expect((await fetch(`${server.url}/style.css`)).status).toBe(200)
})
