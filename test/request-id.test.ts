import { createTestDatabase } from '@shared-ledger/postgres/testing'
import { type RunningServer, startServer } from '@shared-ledger/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { app as contentApp } from '../apps/content/src/app.ts'
import { captureLog } from '../packages/server/test/capture-log.ts'

const { logger, lines } = captureLog('content')
const database = await createTestDatabase()
let server: RunningServer
beforeAll(async () => {
  server = await startServer({ ...contentApp.open(database.url, logger), port: 0 })
})
afterAll(async () => {
  await server.close()
  await database.drop()
})

const trace = '0af7651916cd43dd8448eb211c80319c'
const traceparent = `00-${trace}-b7ad6b7169203331-01`
const made = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/

const postLedgerEntry = `mutation P($nonce: String!) {
  postLedgerEntry(input: { ownerId: "ann", operation: CREDIT_ADD, nonce: $nonce }) { __typename }
}`
const requests = {
  'GraphQL, the first time': ['/graphql', { query: `# new\n${postLedgerEntry}`, variables: { nonce: 'a' } }],
  'GraphQL, known': ['/graphql', { query: `# new\n${postLedgerEntry}`, variables: { nonce: 'b' } }],
  REST: ['/ledger', { owner_id: 'ann', operation: 'CREDIT_ADD', nonce: 'c' }],
  'a route of the app': ['/content', { owner_id: 'ann', title: 't', body: 'b', nonce: 'd' }],
} as const

async function send(path: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(server.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  await response.text()
  return response.headers.get('x-request-id') ?? ''
}

describe.each(Object.entries(requests))('%s', (_what, [path, body]) => {
  test('has its id on each line, of the request and of the posting', async () => {
    const before = lines.length
    const id = await send(path, body)
    expect(id).toMatch(made)
    const own = lines.slice(before)
    expect(own.map(({ msg }) => msg).sort()).toEqual(['posting', 'request'])
    for (const line of own) expect(line).toMatchObject({ requestId: id })
  })
})

test.each([
  ['x-request-id', { 'x-request-id': 'from the left'.replaceAll(' ', '-') }, 'from-the-left'],
  ['traceparent', { traceparent }, trace],
  ['x-request-id before traceparent', { traceparent, 'x-request-id': 'r' }, 'r'],
  ['no id that cannot be logged', { 'x-request-id': 'a b' }, made],
  ['no id of 129 characters', { 'x-request-id': 'x'.repeat(129) }, made],
  ['no trace of zeros', { traceparent: traceparent.replace(trace, '0'.repeat(32)) }, made],
  ['no traceparent of another form', { traceparent: trace }, made],
])('takes %s', async (_what, headers, id) => {
  expect(await send('/ledger', {}, headers)).toMatch(id)
})

test('requests that are refused early, and pages, have an id too', async () => {
  for (const path of ['/nowhere', '/', '/docs', '/health']) {
    expect((await fetch(server.url + path)).headers.get('x-request-id')).toMatch(made)
  }
})

test('health probes are logged only at debug', async () => {
  const before = lines.length
  logger.level = 'debug'
  await fetch(`${server.url}/health`)
  logger.level = 'info'
  await fetch(`${server.url}/health`)
  expect(lines.slice(before)).toMatchObject([{ level: 20, path: '/health', msg: 'request' }])
})
