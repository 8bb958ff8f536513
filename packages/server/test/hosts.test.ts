import { startServer } from '@shared-ledger/server'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createHosts } from '../src/hosts.ts'
import { createTestApp, owner, posting, rowsWritten } from './harness.ts'
import { sendBytes } from './send-bytes.ts'

afterEach(() => vi.unstubAllEnvs())

describe('a server on loopback', () => {
  const isOwnHost = createHosts({ host: '127.0.0.1', allowed: '' })

  test.each(['localhost', 'localhost:4001', 'LOCALHOST:4001', '127.0.0.1:4001', '127.0.0.2', '[::1]:4001'])(
    'answers for %s',
    (host) => expect(isOwnHost(host)).toBe(true),
  )

  test.each([
    'evil.example',
    'evil.example:4001',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'localhost.',
    '10.0.0.5:4001',
    '[2001:db8::5]',
    '0.0.0.0:4001',
  ])('does not answer for %s', (host) => expect(isOwnHost(host)).toBe(false))

  test.each(['', 'a b', '[', 'localhost:99999', 'x@localhost', 'localhost/x', 'localhost#x', 'a\\b'])(
    'takes %j for no host',
    (host) => expect(isOwnHost(host)).toBe(undefined),
  )
})

test('a server that other machines reach answers for its name and for every address', () => {
  const isOwnHost = createHosts({ host: 'ledger.internal', allowed: '' })
  for (const host of ['ledger.internal:4001', 'localhost', '10.0.0.5:4001', '[2001:db8::5]:4001']) {
    expect([host, isOwnHost(host)]).toEqual([host, true])
  }
  for (const host of ['0.0.0.0', '::']) {
    expect(createHosts({ host, allowed: '' })('10.0.0.5')).toBe(true)
    expect(createHosts({ host, allowed: '' })('evil.example')).toBe(false)
  }
  expect(isOwnHost('evil.example')).toBe(false)
})

test('ALLOWED_HOSTS adds hosts', () => {
  const isOwnHost = createHosts({ host: '127.0.0.1', allowed: ' Ledger.Example, 10.0.0.5 ,2001:db8::5' })
  for (const host of ['ledger.example:443', 'LEDGER.example', '10.0.0.5', '[2001:db8::5]:80']) {
    expect([host, isOwnHost(host)]).toEqual([host, true])
  }
  expect(isOwnHost('10.0.0.6')).toBe(false)
  expect(createHosts({ host: '127.0.0.1', allowed: '*' })('any.example')).toBe(true)
})

test.each(['https://a.example', 'a.example:443', 'a.example/x', 'a b', '*.a.example:1'])(
  'ALLOWED_HOSTS is not %j',
  (allowed) => expect(() => createHosts({ host: '127.0.0.1', allowed })).toThrow(JSON.stringify(allowed)),
)

test('many different hosts neither fill the memory nor change the answers', () => {
  const isOwnHost = createHosts({ host: '127.0.0.1', allowed: '' })
  for (let port = 1; port <= 1000; port += 1) {
    expect(isOwnHost(`localhost:${port}`)).toBe(true)
    expect(isOwnHost(`evil-${port}.example`)).toBe(false)
  }
})

test('a request that names another host is refused, and nothing is done', async () => {
  const { served, lines } = createTestApp()
  const server = await startServer({ ...served, port: 0 })
  const port = Number(new URL(server.url).port)
  const body = JSON.stringify(posting())
  const mutation = JSON.stringify({
    query: `mutation { postLedgerEntry(input: {ownerId: "${owner()}", operation: CREDIT_ADD, amount: 1, nonce: "n"}) { __typename } }`,
  })
  const json = (sent: string) => `Content-Type: application/json\r\nContent-Length: ${sent.length}\r\n`
  const close = 'Connection: close\r\n'
  const evil = 'Host: evil.example:4001\r\n'
  try {
    for (const bytes of [
      `GET / HTTP/1.1\r\n${evil}${close}\r\n`,
      `GET /problems HTTP/1.1\r\n${evil}${close}\r\n`,
      `GET /openapi.json HTTP/1.1\r\n${evil}${close}\r\n`,
      `GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n${close}\r\n`,
      `GET http://localhost/ HTTP/1.1\r\n${evil}${close}\r\n`,
      `POST /ledger HTTP/1.1\r\n${evil}${close}${json(body)}\r\n${body}`,
      `POST /graphql HTTP/1.1\r\n${evil}${close}${json(mutation)}\r\n${mutation}`,
      `GET /graphql?query=subscription HTTP/1.1\r\n${evil}Accept: text/event-stream\r\n${close}\r\n`,
    ]) {
      const answer = await sendBytes(port, bytes)
      expect(answer).toMatch(/^HTTP\/1\.1 421 Misdirected Request\r\n/)
      expect(answer).toContain('"MISDIRECTED_REQUEST"')
      expect(answer).toContain('ALLOWED_HOSTS')
    }
    // The client wants another server, so the connection ends.
    expect(await sendBytes(port, `GET / HTTP/1.1\r\n${evil}\r\n`)).toMatch(/\r\nconnection: close\r\n/i)
    expect(await rowsWritten()).toBe(0)
    expect(lines.filter(({ outcome }) => outcome === 'MISDIRECTED_REQUEST')).toHaveLength(9)
    expect(
      await sendBytes(port, `POST /ledger HTTP/1.1\r\nHost: localhost\r\n${close}${json(body)}\r\n${body}`),
    ).toMatch(/^HTTP\/1\.1 200 /)
    expect(await sendBytes(port, `GET /health HTTP/1.0\r\n\r\n`)).toMatch(/^HTTP\/1\.1 200 /)
  } finally {
    await server.close()
  }
})

test('a server answers for the hosts in ALLOWED_HOSTS, and does not start with an invalid one', async () => {
  const { served } = createTestApp()
  vi.stubEnv('ALLOWED_HOSTS', 'ledger.example')
  const server = await startServer({ ...served, port: 0 })
  const port = Number(new URL(server.url).port)
  try {
    const bytes = 'GET /health HTTP/1.1\r\nHost: ledger.example\r\nConnection: close\r\n\r\n'
    expect(await sendBytes(port, bytes)).toMatch(/^HTTP\/1\.1 200 /)
  } finally {
    await server.close()
  }
  vi.stubEnv('ALLOWED_HOSTS', 'https://ledger.example')
  await expect(startServer({ ...served, port: 0 })).rejects.toThrow('ALLOWED_HOSTS must be hosts')
})
