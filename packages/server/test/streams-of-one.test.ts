import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { scopes } from '@shared-ledger/ledger/facts'
import { type RunningServer, startServer } from '@shared-ledger/server'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { bounds } from '../src/bounds.ts'
import { openStream } from './event-stream.ts'
import { createTestApp, owner, posting } from './harness.ts'

const { served } = createTestApp({
  identify: ({ header }) => ({ name: header('authorization') ?? 'nobody', scopes }),
})
let server: RunningServer
beforeAll(async () => {
  server = await startServer({ ...served, port: 0 })
})
afterAll(() => server.close())

const query = 'subscription ($ownerId: String!) { ledgerEntryPosted(ownerId: $ownerId) { entry { nonce } } }'
const subscribe = (authorization: string) =>
  openStream(server.url, { query, variables: { ownerId: owner() } }, { authorization })
const subscribeOften = (name: string, times: number) =>
  Promise.all(Array.from({ length: times }, () => subscribe(name)))
const close = async (stream: IncomingMessage) => {
  stream.destroy()
  await once(stream, 'close')
}

test('a caller that opens too many streams gets RATE_LIMITED, and others open theirs', async () => {
  const most = bounds.streamsPerPrincipal
  expect(most).toBeLessThan(bounds.streams / 2)
  const hostile = await subscribeOften('hostile', most + 20)
  const [open, refused] = [200, 429].map((status) =>
    hostile.filter(({ statusCode }) => statusCode === status),
  )
  expect([open?.length, refused?.length]).toEqual([most, 20])
  const [first] = refused ?? []
  expect(first?.headers['retry-after']).toBe('1')
  expect((await first?.toArray())?.join('')).toContain(
    '"extensions":{"code":"RATE_LIMITED","retryable":true}',
  )

  const [normal] = await subscribeOften('normal', 1)
  expect(normal?.statusCode).toBe(200)
  const received = new Promise<string>((resolve) =>
    normal?.on('data', (chunk) => {
      if (String(chunk).includes('to-normal')) resolve(String(chunk))
    }),
  )
  const { status } = await fetch(`${server.url}/ledger`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'hostile' },
    body: JSON.stringify(posting({ nonce: 'to-normal' })),
  })
  expect(status).toBe(200)
  await received

  // One stream that ends makes room for one more.
  if (open?.[0]) await close(open[0])
  await vi.waitFor(
    async () => {
      const again = await subscribe('hostile')
      expect(again.statusCode).toBe(200)
      hostile.push(again)
    },
    { timeout: 60_000 },
  )
  expect((await subscribe('hostile')).statusCode).toBe(429)
  await Promise.all([...hostile, normal].map((stream) => stream && !stream.destroyed && close(stream)))
}, 120_000)
