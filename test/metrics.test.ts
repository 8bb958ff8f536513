import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { withConnection } from '@shared-ledger/postgres'
import { createTestDatabase } from '@shared-ledger/postgres/testing'
import { afterAll, afterEach, expect, test } from 'vitest'
import { type AppProcess, startAppProcess } from './app-process.ts'
import { readExposition } from './exposition.ts'

const database = await createTestDatabase()
const servers: AppProcess[] = []
afterEach(() => Promise.all(servers.splice(0).map((server) => server.stop())))
afterAll(() => database.drop())

async function start(env: NodeJS.ProcessEnv = {}, workers = 1) {
  const server = await startAppProcess('content', database.url, {
    workers,
    env: { METRICS_PORT: '0', ...env },
  })
  servers.push(server)
  return { server, url: /http:\/\/127\.0\.0\.1:\d+\/metrics/.exec(server.output())?.[0] ?? '' }
}

/** Scrapes metrics. */
async function scrape(url: string) {
  const response = await fetch(url)
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  const samples = readExposition(await response.text())
  return {
    samples,
    of: (name: string) => samples.filter((sample) => sample.name === name),
    sum: (name: string) =>
      samples.reduce((sum, sample) => sum + (sample.name === name ? sample.value : 0), 0),
  }
}

const json = { 'content-type': 'application/json' }

const send = (server: AppProcess, method: string, path: string, body?: object, headers = {}) =>
  fetch(`${server.url}${path}`, {
    method,
    headers: { ...json, ...headers },
    ...(body && { body: JSON.stringify(body) }),
  })

const post = (server: AppProcess, fields: object = {}) =>
  send(server, 'POST', '/ledger', {
    ...{ owner_id: 'ann', operation: 'CREDIT_ADD', amount: 1, nonce: crypto.randomUUID() },
    ...fields,
  })

test('without METRICS_PORT there are no metrics, and there are never any on the app’s port', async () => {
  const { server } = await start({ METRICS_PORT: '' })
  expect(server.output()).not.toContain('/metrics')
  expect((await fetch(`${server.url}/metrics`)).status).toBe(404)
})

test('postings, requests, calls, connections and the process are counted', async () => {
  const { server, url } = await start()
  await Promise.all(Array.from({ length: 20 }, () => post(server)))
  await post(server, { operation: 'CREDIT_SPEND', amount: 1_000 })
  await send(server, 'POST', '/graphql', { query: '{ balance(ownerId: "ann") { amount } }' })
  await send(server, 'POST', '/graphql', { query: '{ balance(ownerId: "ann") { amount } }' })
  await send(server, 'GET', '/balance/ann')

  const { samples, of, sum } = await scrape(url)
  expect(of('ledger_postings_total').map(({ labels, value }) => ({ ...labels, value }))).toEqual(
    expect.arrayContaining([
      { app: 'content', operation: 'CREDIT_ADD', outcome: 'posted', value: 20 },
      { app: 'content', operation: 'CREDIT_SPEND', outcome: 'INSUFFICIENT_BALANCE', value: 1 },
    ]),
  )
  const requests = of('ledger_request_duration_seconds_count').map(({ labels, value }) => [
    `${labels.method} ${labels.route} ${labels.status}`,
    value,
  ])
  expect(Object.fromEntries(requests)).toEqual({
    'POST /ledger 200': 20,
    'POST /ledger 400': 1,
    'POST /graphql 200': 2,
    'GET /balance/{owner_id} 200': 1,
  })
  expect(sum('ledger_batch_postings_sum')).toBe(21)
  expect(sum('ledger_batch_duration_seconds_count')).toBe(sum('ledger_batch_postings_count'))
  expect(sum('ledger_pool_connections')).toBeGreaterThan(0)
  expect(of('ledger_postings_waiting')).toMatchObject([{ value: 0 }])
  const names = new Set(samples.map(({ name }) => name))
  for (const name of [
    'nodejs_eventloop_lag_p99_seconds',
    'process_resident_memory_bytes',
    'ledger_pool_waiting',
  ])
    expect(names).toContain(name)
})

test('open streams and waiting postings are counted while they last', async () => {
  const { server, url } = await start()
  const query = 'subscription { ledgerEntryPosted(ownerId: "ann") { cursor } }'
  const leaving = new AbortController()
  const stream = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { ...json, accept: 'text/event-stream' },
    body: JSON.stringify({ query }),
    signal: leaving.signal,
  })
  expect((await scrape(url)).of('ledger_streams')).toMatchObject([{ value: 1 }])
  leaving.abort()
  await stream.text().catch(() => {})
  await expect.poll(async () => (await scrape(url)).sum('ledger_streams')).toBe(0)
  expect((await scrape(url)).of('ledger_request_duration_seconds_count')).toEqual([])

  await post(server)
  await withConnection(database.url, async (connection) => {
    await connection.query(`BEGIN; SELECT FROM ledger.accounts WHERE owner_id = 'ann' FOR UPDATE`)
    const posted = post(server)
    await expect.poll(async () => (await scrape(url)).sum('ledger_postings_waiting')).toBe(1)
    await connection.query('COMMIT')
    expect((await posted).status).toBe(200)
  })
  expect((await scrape(url)).sum('ledger_postings_waiting')).toBe(0)
})

test('no client adds a label value: not by an owner, path, method, name, operation or code', async () => {
  const { server, url } = await start()
  const attack = async (from: number) => {
    for (let n = from; n < from + 30; n++) {
      await post(server, { owner_id: `owner-${n}` })
      await post(server, { operation: `OPERATION_${n}` })
      await send(server, 'GET', `/balance/owner-${n}`)
      await send(server, 'GET', `/path-${n}/x?query=${n}`)
      await send(server, 'GET', `/problems/problem-${n}`)
      await send(server, 'DELETE', `/ledger/${n}`)
      await send(server, `METHOD${n}`, '/ledger').catch(() => {})
      await send(server, 'POST', '/graphql', { query: `query Name${n} { a${n}: __typename }` })
      await send(server, 'POST', '/graphql', { query: `{ none${n} }` })
      await send(server, 'POST', '/ledger', {}, { 'x-request-id': `request-${n}`, traceparent: `trace-${n}` })
    }
    const { samples } = await scrape(url)
    return samples.filter(({ name }) => name.startsWith('ledger_'))
  }
  const first = await attack(0)
  const second = await attack(30)
  expect(second.length).toBe(first.length)
  for (const { labels } of second)
    expect(Object.values(labels).join()).not.toMatch(
      /owner-|OPERATION_|path-|problem-|METHOD|Name|none\d|request-|trace-/,
    )
  expect(second.length).toBeLessThan(300)
})

test('the metrics of two workers are served together, each series with its worker', async () => {
  const { server, url } = await start({}, 2)
  await Promise.all(Array.from({ length: 40 }, () => post(server)))
  const { of } = await scrape(url)
  const posted = of('ledger_postings_total')
  expect(posted.reduce((sum, { value }) => sum + value, 0)).toBe(40)
  expect(new Set(of('nodejs_eventloop_lag_seconds').map(({ labels }) => labels.worker))).toEqual(
    new Set(['1', '2']),
  )
})

test('only GET /metrics is answered', async () => {
  const { url } = await start()
  expect((await fetch(url, { method: 'POST' })).status).toBe(405)
  expect(await (await fetch(url, { method: 'HEAD' })).text()).toBe('')
  expect((await fetch(`${url}/x`)).status).toBe(404)
  expect((await fetch(new URL('/', url))).status).toBe(404)
})

test.each([1, 2])(
  'a METRICS_PORT that is taken ends the start of %i processes, and is named',
  async (workers) => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const failure = await start({ METRICS_PORT: String(port) }, workers).catch((error) => error)
    expect(failure.message).toContain(
      `Port ${port} is taken by another process: choose another METRICS_PORT.`,
    )
    other.close()
  },
)
