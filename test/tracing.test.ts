import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { findRoot } from '@shared-ledger/postgres'
import { createTestDatabase } from '@shared-ledger/postgres/testing'
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import { type AppProcess, startAppProcess } from './app-process.ts'
import { startReceiver } from './otlp-receiver.ts'

const database = await createTestDatabase()
let receiver: Awaited<ReturnType<typeof startReceiver>>
const servers: AppProcess[] = []
beforeEach(async () => {
  receiver = await startReceiver()
})
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()))
  receiver.close()
})
afterAll(() => database.drop())

async function start(env: NodeJS.ProcessEnv = {}): Promise<AppProcess> {
  const traces = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_BSP_SCHEDULE_DELAY: '50' }
  const server = await startAppProcess('content', database.url, { workers: 1, env: { ...traces, ...env } })
  servers.push(server)
  return server
}

const query = `mutation Pay($input: PostLedgerEntryInput!) {
  postLedgerEntry(input: $input) { __typename }
}`
const send = (server: AppProcess, path: string, body: object, headers = {}) =>
  fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
const post = (server: AppProcess, fields: object = {}, headers = {}) => {
  const input = { ownerId: 'ann', operation: 'CREDIT_ADD', amount: 1, nonce: crypto.randomUUID(), ...fields }
  return send(server, '/graphql', { query, variables: { input } }, headers)
}

const named = (name: string) => receiver.spans().filter((span) => span.name === name)
const poll = <Value>(value: () => Value) => expect.poll(value)

test('a posting is a trace: its request as a child of the traceparent, its field, its batch, its statement', async () => {
  const server = await start()
  const [traceId, parent] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7']
  const access = { operation: 'CONTENT_ACCESS', amount: undefined }
  expect((await post(server, access, { traceparent: `00-${traceId}-${parent}-01` })).status).toBe(200)
  await poll(() => named('POST /graphql')).toHaveLength(1)
  const spans = receiver.spans().filter((span) => span.traceId === traceId)
  const childOf = (id: string | undefined) => spans.filter(({ parentSpanId }) => parentSpanId === id)
  const [request] = childOf(parent)
  expect(request).toMatchObject({
    name: 'POST /graphql',
    attributes: {
      'http.request.method': 'POST',
      'http.route': '/graphql',
      'http.response.status_code': 200,
      'shared_ledger.outcome': 'ok',
    },
  })
  const [field] = childOf(request?.spanId)
  expect(field).toMatchObject({
    name: 'mutation postLedgerEntry',
    attributes: {
      'graphql.operation.type': 'mutation',
      'graphql.operation.name': 'Pay',
      'graphql.field.name': 'postLedgerEntry',
    },
  })
  const [batch] = childOf(field?.spanId)
  expect(batch).toMatchObject({
    name: 'ledger batch',
    attributes: { 'shared_ledger.app': 'content', 'shared_ledger.batch.size': 1 },
    links: [{ traceId, spanId: field?.spanId }],
  })
  const [statement] = childOf(batch?.spanId)
  expect(statement).toMatchObject({
    name: 'SELECT ledger.append_content',
    attributes: { 'db.system': 'postgresql', 'db.operation.name': 'SELECT' },
  })
  expect(new Set(receiver.services())).toEqual(new Set(['content']))
})

test('a batch has a link to the field of each of its requests, and each statement is in the span that caused it', async () => {
  const server = await start()
  await post(server)
  const posts = Array.from({ length: 200 }, (_, n) => post(server, { ownerId: `owner ${n}` }))
  await Promise.all(posts)
  await poll(() => named('POST /graphql')).toHaveLength(201)
  const fields = new Map(named('mutation postLedgerEntry').map((field) => [field.spanId, field]))
  expect(fields.size).toBe(201)
  const batches = named('ledger batch')
  for (const { links, attributes } of batches)
    expect(links).toHaveLength(Number(attributes['shared_ledger.batch.size']))
  const links = batches.flatMap((batch) => batch.links)
  expect(new Set(links.map(({ spanId }) => spanId)).size).toBe(201)
  for (const { traceId, spanId } of links) expect(fields.get(spanId)?.traceId).toBe(traceId)
  expect(Math.max(...batches.map((batch) => batch.links.length))).toBeGreaterThan(1)

  const byId = new Map(batches.map((batch) => [batch.spanId, batch]))
  const calls = receiver.spans().filter(({ name }) => /^SELECT ledger\.(?:post|append)_content$/.test(name))
  expect(calls).toHaveLength(batches.length)
  for (const { parentSpanId, traceId } of calls) expect(byId.get(parentSpanId ?? '')?.traceId).toBe(traceId)
})

test('no span has private data of a client or a database', async () => {
  const server = await start()
  const headers = { authorization: 'Bearer secret-key', cookie: 'secret-cookie', 'x-request-id': 'secret-id' }
  const metadata = { 'secret-key': 'secret-value' }
  const posted = await post(server, { ownerId: 'secret-owner', nonce: 'secret-nonce', metadata }, headers)
  expect(await posted.json()).toEqual({ data: { postLedgerEntry: { __typename: 'PostLedgerEntrySuccess' } } })
  await send(server, '/ledger', {
    owner_id: 'secret-owner',
    operation: 'CREDIT_SPEND',
    amount: 50,
    nonce: 'secret',
  })
  await fetch(`${server.url}/balance/secret-owner?secret=1`, { headers })
  await fetch(`${server.url}/secret`, { method: 'PROPFIND', headers })
  await poll(() => named('GET /balance/{owner_id}')).toHaveLength(1)
  await poll(() => named('other')).toHaveLength(1)
  expect(named('POST /ledger')).toMatchObject([
    { attributes: { 'http.response.status_code': 400, 'shared_ledger.outcome': 'INSUFFICIENT_BALANCE' } },
  ])
  expect(receiver.text()).not.toContain('secret')
  const { password } = new URL(database.url)
  if (password !== '') expect(receiver.text()).not.toContain(password)
})

test('the remaining spans are sent at the end', async () => {
  const server = await start({ OTEL_BSP_SCHEDULE_DELAY: '3600000' })
  await post(server)
  expect(receiver.spans()).toEqual([])
  await server.stop()
  expect(named('ledger batch')).toHaveLength(1)
})

test('a missing endpoint delays neither postings nor the end of the server', async () => {
  receiver.close()
  const server = await start()
  expect((await post(server)).status).toBe(200)
  await server.stop()
  expect(await server.ended).toBe(0)
  expect(server.output()).not.toMatch(/"level":50|unhandled/)
})

test('without an endpoint nothing is sent', async () => {
  const server = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: '' })
  expect((await post(server)).status).toBe(200)
  await server.stop()
  expect(receiver.spans()).toEqual([])
})

test('only the tracing code imports OpenTelemetry, and it is loaded only when there is an endpoint', () => {
  const packages = path.join(findRoot(), 'packages')
  const sources = readdirSync(packages, { recursive: true, encoding: 'utf8' })
    .filter((file) => /^\w[\w-]*\/src\/.*\.ts$/.test(file))
    .map((file) => [file, readFileSync(path.join(packages, file), 'utf8')] as const)
  const traces = (file: string) => file.startsWith('server/src/tracing/')
  const loads = sources.filter(
    ([file, text]) => !traces(file) && /^import (?!type ).*(?:@opentelemetry|\/tracing\/)/m.test(text),
  )
  expect(loads.map(([file]) => file)).toEqual([])
  expect(sources.filter(([, text]) => text.includes("await import('./tracing/start.ts')"))).toHaveLength(1)
})
