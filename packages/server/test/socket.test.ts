import { Agent, type OutgoingHttpHeaders, request } from 'node:http'
import { connect } from 'node:net'
import { type RunningServer, startServer } from '@shared-ledger/server'
import { GraphQLError } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createFailingApp, createTestApp, owner, posting, rowsWritten } from './harness.ts'
import { sendBytes } from './send-bytes.ts'

const { served, lines } = createTestApp()
const agent = new Agent({ keepAlive: true, maxSockets: 1 })
let server: RunningServer
let port: number

beforeAll(async () => {
  server = await startServer({ ...served, port: 0 })
  port = Number(new URL(server.url).port)
})

afterAll(async () => {
  agent.destroy()
  await server.close()
})

interface Sent {
  path: string
  method?: string
  headers?: OutgoingHttpHeaders
  body?: string | Buffer
  chunked?: boolean
}

/** Sends the path unchanged. `fetch` would normalise it. */
function send({ path, method = 'GET', headers = {}, body, chunked }: Sent) {
  return new Promise<{ status: number | undefined; text: string; reused: boolean }>((resolve, reject) => {
    const length = chunked || body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
    const type = { 'content-type': 'application/json' }
    const sent = request({
      agent,
      port,
      host: '127.0.0.1',
      path,
      method,
      headers: { ...type, ...length, ...headers },
    })
    sent.on('error', reject)
    sent.on('response', async (response) => {
      const text = (await response.toArray()).join('')
      resolve({ status: response.statusCode, text, reused: sent.reusedSocket })
    })
    sent.end(body)
  })
}

const raw = (bytes: string) => sendBytes(port, bytes)

describe('over a socket', () => {
  test('owners called .. and . have accounts', async () => {
    for (const owner of ['..', '.', '/', 'ü']) {
      await send({ path: '/ledger', method: 'POST', body: JSON.stringify(posting({ owner_id: owner })) })
    }
    for (const path of [
      '/ledger/..',
      '/ledger/%2e%2E',
      '/ledger/.',
      '/ledger/%2F',
      '/ledger/%C3%BC',
      '/balance/..',
    ]) {
      expect([path, JSON.parse((await send({ path })).text).balance]).toEqual([path, 10])
    }
    expect((await send({ path: '/ledger/../health' })).status).toBe(404)
  })

  test.each([
    ['/ledger', false],
    ['/ledger', true],
    ['/graphql', false],
    ['/graphql', true],
  ])('10 MiB to %s (chunked: %s) is answered 413, and the connection serves on', async (path, chunked) => {
    const body = Buffer.alloc(10 * 1024 * 1024, 'x')
    await send({ path: '/health' })
    const { status, text, reused } = await send({ path, method: 'POST', body, chunked })
    expect([status, reused]).toEqual([413, true])
    expect(text).toContain('PAYLOAD_TOO_LARGE')
    expect(await send({ path: '/health' })).toMatchObject({ status: 200, reused: true })
  })

  test.each([
    ['/graphql', 'text/plain', 415],
    ['/ledger', 'text/plain', 415],
    ['/nope', 'application/json', 404],
    ['/health', 'application/json', 405],
  ])('20 MB to %s as %s are received before it is answered %i', async (path, type, expected) => {
    const body = Buffer.alloc(20_000_000, 'x')
    for (const chunked of [false, true]) {
      await send({ path: '/health' })
      const headers = { 'content-type': type }
      const { status, reused } = await send({ path, method: 'POST', body, chunked, headers })
      expect([status, reused]).toEqual([expected, true])
      expect(await send({ path: '/health' })).toMatchObject({ status: 200, reused: true })
    }
  })

  test('a chunked body within the limit is read', async () => {
    const body = JSON.stringify(posting({ owner_id: 'chunked' }))
    expect((await send({ path: '/ledger', method: 'POST', body, chunked: true })).status).toBe(200)
    const query = JSON.stringify({ query: '{ balance(ownerId: "chunked") { amount } }' })
    const { text } = await send({ path: '/graphql', method: 'POST', body: query, chunked: true })
    expect(JSON.parse(text).data.balance.amount).toBe(10)
  })

  test('a body of exactly 2 MiB is read', async () => {
    const head = '{"owner_id":"'
    const body = `${head}${'x'.repeat(2 * 1024 * 1024 - head.length - 2)}"}`
    expect((await send({ path: '/ledger', method: 'POST', body })).status).toBe(422)
  })

  test.each([
    ['no HTTP', 'NOPE\r\n\r\n', 400],
    ['an unknown method', 'BREW / HTTP/1.1\r\nHost: localhost\r\n\r\n', 400],
    ['headers of 20 KB', `GET / HTTP/1.1\r\nHost: localhost\r\nA: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ['101 headers', `GET / HTTP/1.1\r\nHost: localhost\r\n${'a: b\r\n'.repeat(100)}\r\n`, 400],
    ['octets that are not ASCII in a path', 'GET /ledger/ü HTTP/1.1\r\nHost: localhost\r\n\r\n', 400],
    ['no host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    ['a host that is none', 'GET /health HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n', 400],
    [
      'two lengths',
      'POST /ledger HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
      400,
    ],
    ['a target without a slash', 'GET health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', 400],
  ])('%s is refused', async (_, bytes, status) => {
    const answer = await raw(bytes)
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    const [, body = ''] = answer.split('\r\n\r\n')
    if (answer.includes('application/problem+json')) expect(JSON.parse(body).status).toBe(status)
    expect((await send({ path: '/health' })).status).toBe(200)
  })

  test('2,100 headers are refused, by Node itself if it counts them', async () => {
    const answer = await raw(`GET / HTTP/1.1\r\nHost: localhost\r\n${'a:b\r\n'.repeat(2100)}\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 (?:400|431) /)
    expect(answer).toContain('more than 100')
  })

  test('a request of 100 headers is answered', async () => {
    const head = `GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${'a: b\r\n'.repeat(98)}\r\n`
    expect(await raw(head)).toMatch(/^HTTP\/1\.1 200 /)
  })

  test('a client that leaves in the middle breaks nothing', async () => {
    const partial =
      'POST /ledger HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"own'
    for (const bytes of [
      partial,
      partial.replace('/ledger', '/graphql'),
      'GET /ledger/ann HTTP/1.1\r\nHost: localhost\r\n\r\n',
    ]) {
      await new Promise<void>((resolve, reject) => {
        const socket = connect(port, '127.0.0.1', () => socket.write(bytes, () => socket.destroy()))
        socket.on('error', reject)
        socket.on('close', () => resolve())
      })
    }
    expect((await send({ path: '/health' })).status).toBe(200)
    expect(await rowsWritten()).toBe(0)
  })

  describe('a known document', () => {
    const body = JSON.stringify({ query: '{ balance(ownerId: "known") { ownerId amount } }' })
    const post = (head: string, sent = body) =>
      `POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n${head}\r\n\r\n${sent}`
    const length = `Content-Length: ${body.length}`
    const json = 'Content-Type: application/json'
    const withoutDate = (answer: string) => answer.replace(/\r\n(?:Date|x-request-id): [^\r]+/g, '')

    test('gets byte by byte the same answer as from Yoga, and the same log line', async () => {
      const first = withoutDate(await raw(post(`${json}\r\n${length}`)))
      expect(first).toMatch(
        /^HTTP\/1.1 200 OK\r\n.*\{"data":\{"balance":\{"ownerId":"known","amount":0\}\}\}$/s,
      )
      for (let time = 2; time <= 4; time += 1) {
        expect(withoutDate(await raw(post(`${json}\r\n${length}`)))).toBe(first)
      }
      const requests = lines
        .filter(({ path }) => path === '/graphql')
        .slice(-4)
        .map(({ time: _time, ms: _ms, requestId: _requestId, ...line }) => line)
      expect(requests).toEqual(requests.map(() => requests[0]))
      expect(requests[0]).toMatchObject({ msg: 'request', path: '/graphql', outcome: 'ok', status: 200 })
    })

    test.each([
      [
        'in chunks',
        `${json}\r\nTransfer-Encoding: chunked`,
        `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
        200,
      ],
      ['of two media types', `${json}\r\nContent-Type: text/plain\r\n${length}`, body, 400],
      ['of no media type', length, body, 415],
      ['compressed', `${json}\r\nContent-Encoding: gzip\r\n${length}`, body, 415],
    ])('is answered as usual when sent %s', async (_, head, sent, status) => {
      expect(await raw(post(head, sent))).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    })

    test('with an invalid host is refused', async () => {
      for (const host of ['a b', 'localhost:99999', '[', 'x@y']) {
        const bytes = post(`${json}\r\n${length}`).replace('Host: 127.0.0.1', `Host: ${host}`)
        expect([host, (await raw(bytes)).slice(0, 12)]).toEqual([host, 'HTTP/1.1 400'])
      }
    })

    test('is answered in order when pipelined', async () => {
      const one = (name: string) => JSON.stringify({ query: `{ ${name}: __typename }` })
      for (const name of ['a', 'b', 'c'])
        await raw(post(`${json}\r\nContent-Length: ${one(name).length}`, one(name)))
      const request = (name: string, connection: string) =>
        post(`${json}\r\nContent-Length: ${one(name).length}`, one(name)).replace(
          'Connection: close',
          connection,
        )
      const answers = await raw(
        ['a', 'b', 'a', 'c']
          .map((name, index) => request(name, index === 3 ? 'Connection: close' : 'A: b'))
          .join(''),
      )
      expect([...answers.matchAll(/"(\w)":"Query"/g)].map(([, name]) => name)).toEqual(['a', 'b', 'a', 'c'])
    })

    test('with a header that Node does not send is a fault, and the server goes on', async () => {
      const error = new GraphQLError('no', {
        extensions: { code: 'LATER', http: { headers: { 'x-odd': 'a\u0001b' } } },
      })
      const failing = createFailingApp(() => error)
      const other = await startServer({ ...failing.served, port: 0 })
      try {
        for (let time = 1; time <= 3; time += 1) {
          const headers = { 'content-type': 'application/json' }
          const response = await fetch(`${other.url}/graphql`, { method: 'POST', headers, body })
          expect([response.status, (await response.json()).code]).toEqual([500, 'INTERNAL_ERROR'])
        }
        expect(failing.lines.filter(({ msg }) => msg === 'fault')).toHaveLength(3)
      } finally {
        await other.close()
      }
    })

    test('does not wait for a sender that has left', async () => {
      await new Promise<void>((resolve, reject) => {
        const partial = post(`${json}\r\n${length}`, body.slice(0, 20))
        const socket = connect(port, '127.0.0.1', () => socket.write(partial, () => socket.destroy()))
        socket.on('error', reject)
        socket.on('close', () => resolve())
      })
      expect((await send({ path: '/health' })).status).toBe(200)
    })
  })

  test('HEAD and OPTIONS have no body', async () => {
    expect(await send({ path: `/ledger/${owner()}`, method: 'HEAD' })).toMatchObject({
      status: 200,
      text: '',
    })
    expect(await send({ path: '/ledger', method: 'OPTIONS' })).toMatchObject({ status: 204, text: '' })
  })
})
