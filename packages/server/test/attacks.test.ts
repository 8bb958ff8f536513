import { once } from 'node:events'
import type { Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createAdmission } from '../src/admission.ts'
import { jsonAnswer } from '../src/answer.ts'
import type { App } from '../src/app-options.ts'
import { bounds, timeouts } from '../src/bounds.ts'
import { createHosts } from '../src/hosts.ts'
import { listen } from '../src/listen.ts'
import { createUnread, type UnreadOptions } from '../src/unread.ts'
import { createTestApp, owner, posting, rowsWritten } from './harness.ts'
import { sendBytes } from './send-bytes.ts'

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

const patience = { timeout: 120_000, interval: 20 }

/**
 * Starts a server whose timeouts a test may shorten. `/large` and `/shared` answer with 16 MB: of text, and of a file.
 */
async function serve(few: Partial<UnreadOptions> = {}) {
  const { app } = createTestApp()
  const large = 'x'.repeat(16_000_000)
  const shared = new TextEncoder().encode(large)
  const served: App = {
    ...app,
    async answer(request, caller) {
      const { target } = request
      if (target === '/large') return jsonAnswer({ status: 200, headers: {}, body: large, outcome: 'ok' })
      if (target === '/shared') return { status: 200, headers: {}, body: shared, outcome: 'ok' }
      return app.answer(request, caller)
    },
  }
  const at = {
    host: '127.0.0.1',
    port: 0,
    isOwnHost: createHosts({ host: '127.0.0.1', allowed: '' }),
  }
  const unread = createUnread({ ...bounds, ...timeouts, ...few })
  const { server } = await listen(served, at, createAdmission(bounds), unread)
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const sockets: Socket[] = []
  ends.push(async () => {
    for (const socket of sockets) socket.destroy()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  /** Opens a connection and sends these bytes. `text` is what came back. */
  const open = async (bytes = '') => {
    const socket = connect(port, '127.0.0.1')
    sockets.push(socket)
    const connection = { socket, text: '', closed: once(socket, 'close') }
    socket.on('data', (chunk) => {
      connection.text += chunk
    })
    socket.on('error', () => {})
    await once(socket, 'connect')
    if (bytes !== '') socket.write(bytes)
    return connection
  }
  return { server, port, open, send: (bytes: string) => sendBytes(port, bytes) }
}

const head = (first: string, ...lines: string[]) => [first, 'Host: localhost', ...lines, '', ''].join('\r\n')
const close = 'Connection: close'
const livez = head('GET /livez HTTP/1.1', close)
const json = 'Content-Type: application/json'
const statusesIn = (text: string) =>
  [...text.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => Number(status))
const connectionsOf = (server: Server) =>
  new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)))

describe('a slow client', () => {
  test.each([
    ['that sends its headers a byte at a time', 'GET /livez HTTP/1.1\r\nHost: loc', 'a', [408]],
    [
      'that sends its body a byte at a time',
      head('POST /ledger HTTP/1.1', json, 'Content-Length: 1000'),
      ' ',
      [408],
    ],
    [
      'that sends its chunks one at a time',
      head('POST /ledger HTTP/1.1', json, 'Transfer-Encoding: chunked'),
      '1\r\n \r\n',
      [408],
    ],
    ['that sends nothing', '', '', []],
  ])(
    '%s is cut off, and others are answered meanwhile',
    async (_, begin, more, told) => {
      const { server, open, send } = await serve()
      server.headersTimeout = 200
      server.requestTimeout = 400
      const slow = await Promise.all(Array.from({ length: 100 }, () => open(begin)))
      const drip = setInterval(() => {
        for (const { socket } of slow) if (more !== '' && socket.writable) socket.write(more)
      }, 20)
      try {
        let isOver = false
        const over = Promise.all(slow.map(({ closed }) => closed)).then(() => {
          isOver = true
        })
        while (!isOver) expect(statusesIn(await send(livez))).toEqual([200])
        await over
      } finally {
        clearInterval(drip)
      }
      for (const { text } of slow) expect(statusesIn(text)).toEqual(told)
      expect(await rowsWritten()).toBe(0)
    },
    60_000,
  )
})

test('2,000 silent connections keep nobody from being answered', async () => {
  const { server, open, send } = await serve()
  server.headersTimeout = 0 // none may end while this machine makes them, however long that takes
  server.requestTimeout = 0
  let count = 0
  while (count < 2_000) count += (await Promise.all(Array.from({ length: 100 }, () => open()))).length
  await vi.waitFor(async () => expect(await connectionsOf(server)).toBe(2_000), patience)
  for (let time = 1; time <= 20; time += 1) expect(statusesIn(await send(livez))).toEqual([200])
  expect(await connectionsOf(server)).toBeGreaterThanOrEqual(2_000)
}, 120_000)

test('beyond the most connections, a new one is closed at once, and the others are served', async () => {
  const { server, open } = await serve()
  const first = await open()
  await vi.waitFor(async () => expect(await connectionsOf(server)).toBe(1), patience)
  expect(server.maxConnections).toBe(bounds.connections)
  server.maxConnections = 1
  const second = await open(livez)
  await second.closed
  expect(second.text).toBe('')
  first.socket.write(livez)
  await first.closed
  expect(statusesIn(first.text)).toEqual([200])
})

describe('a client that does not read its answer', () => {
  const large = head('GET /large HTTP/1.1')
  const unread = async ({ open }: Awaited<ReturnType<typeof serve>>) => {
    const { socket } = await open(large)
    socket.pause()
  }

  test('loses its connection', async () => {
    const served = await serve({ readMs: 50, readMsPerKiB: 0 })
    await unread(served)
    await vi.waitFor(async () => expect(await connectionsOf(served.server)).toBe(1), patience)
    await vi.waitFor(async () => expect(await connectionsOf(served.server)).toBe(0), patience)
  })

  test('loses it sooner when unread answers have too many bytes, and the oldest one goes first', async () => {
    const served = await serve({ readMs: 3_600_000, unreadBytes: 30_000_000 })
    let closed = 0
    served.server.on('connection', (socket) => socket.on('close', () => (closed += 1)))
    for (let client = 1; client <= 6; client += 1) await unread(served)
    await vi.waitFor(() => expect(closed).toBeGreaterThanOrEqual(4), patience)
    expect(await connectionsOf(served.server)).toBeGreaterThan(0)
    const text = await served.send(head('GET /large HTTP/1.1', close))
    expect(text.length).toBeGreaterThan(16_000_000)
  }, 60_000)

  const as = (name: string) => head('GET /large HTTP/1.1', `Authorization: Bearer ${name}`)

  test('affects only itself: another caller’s slow answer, which waits longer, stays', async () => {
    const served = await serve({ readMs: 3_600_000, unreadBytes: 40_000_000 })
    const victim = await served.open(as('victim'))
    await vi.waitFor(() => expect(victim.text).not.toBe(''), patience)
    victim.socket.pause()
    const greedy = []
    for (let client = 1; client <= 5; client += 1) {
      greedy.push(await served.open(as('greedy')))
      greedy.at(-1)?.socket.pause()
    }
    await vi.waitFor(async () => expect(await connectionsOf(served.server)).toBe(2), patience)
    victim.socket.resume()
    await vi.waitFor(() => expect(victim.text.length).toBeGreaterThan(16_000_000), patience)
  }, 60_000)

  test('keeps it when the unread answer is a file, which is in memory once for everybody', async () => {
    const served = await serve({ readMs: 3_600_000, unreadBytes: 20_000_000 })
    const victim = await served.open(as('victim'))
    await vi.waitFor(() => expect(victim.text).not.toBe(''), patience)
    victim.socket.pause()
    const readers = []
    for (let client = 1; client <= 5; client += 1) {
      const reader = await served.open(head('GET /shared HTTP/1.1', close))
      await vi.waitFor(() => expect(reader.text).not.toBe(''), patience)
      reader.socket.pause()
      readers.push(reader)
    }
    for (const { socket } of [victim, ...readers]) socket.resume()
    for (const reader of [victim, ...readers]) {
      await vi.waitFor(() => expect(reader.text.length).toBeGreaterThan(16_000_000), patience)
    }
  }, 60_000)
})

describe('HTTP that few clients speak', () => {
  const withBody = (lines: string[], body: string) =>
    head('POST /ledger HTTP/1.1', json, ...lines, close) + body
  const body = () => JSON.stringify(posting())
  const chunk = (text: string, extension = '') =>
    `${Buffer.byteLength(text).toString(16)}${extension}\r\n${text}\r\n`

  test.each([
    ['websocket', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='],
    ['h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'],
    ['TLS/1.0', 'A: b'],
  ])('an upgrade to %s is ignored, and the request is answered', async (protocol, more) => {
    const { send } = await serve()
    const lines = [`Upgrade: ${protocol}`, more]
    const text = await send(head('GET /livez HTTP/1.1', 'Connection: upgrade, close', ...lines))
    expect(statusesIn(text)).toEqual([200])
    expect(text).not.toMatch(/^upgrade:/im)
  })

  test('HTTP/2 without TLS is refused', async () => {
    const { send } = await serve()
    expect(statusesIn(await send('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'))).toEqual([400])
  })

  test('a tunnel is refused, and the bytes sent into it are dropped', async () => {
    const { send } = await serve()
    const tunnel = 'CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22\r\n\r\n'
    expect(statusesIn(await send(tunnel))).toEqual([501])
    expect(statusesIn(await send(`${tunnel}${livez}`))).toEqual([501])
    // Behind an unanswered request, the client would take the refusal for its answer, so the connection just ends.
    expect(await send(`${head('GET /large HTTP/1.1')}${tunnel}`)).not.toContain('HTTP/1.1 501')
  })

  test('TRACE echoes nothing', async () => {
    const { send } = await serve()
    const text = await send(head('TRACE /ledger HTTP/1.1', 'Authorization: Bearer secret', close))
    expect(statusesIn(text)).toEqual([405])
    expect(text).not.toContain('secret')
  })

  test('a target with a host must name this server', async () => {
    const { send } = await serve()
    expect(statusesIn(await send(head('GET http://localhost/livez HTTP/1.1', close)))).toEqual([200])
    expect(statusesIn(await send(head('GET http://evil.example/livez HTTP/1.1', close)))).toEqual([421])
    expect(
      statusesIn(await send(head('GET https://localhost:1@evil.example/livez HTTP/1.1', close))),
    ).toEqual([400])
    expect(statusesIn(await send(head('OPTIONS * HTTP/1.1', close)))).toEqual([400])
  })

  test('chunk extensions are ignored, and their size is limited', async () => {
    const { send } = await serve()
    const chunked = (extension: string) =>
      withBody(['Transfer-Encoding: chunked'], `${chunk(body(), extension)}0\r\n\r\n`)
    expect(statusesIn(await send(chunked(';name=value')))).toEqual([200])
    expect(statusesIn(await send(chunked(`;${'a'.repeat(100_000)}`)))).toEqual([400])
    expect(await rowsWritten()).toBe(2)
  })

  test('trailers are not headers', async () => {
    const { send } = await serve()
    const { nonce, ...rest } = posting()
    const sent = chunk(JSON.stringify(rest))
    const trailers = `0\r\nIdempotency-Key: ${nonce}\r\nContent-Type: text/plain\r\n\r\n`
    const text = await send(
      withBody(['Transfer-Encoding: chunked', 'Trailer: Idempotency-Key'], `${sent}${trailers}`),
    )
    expect(statusesIn(text)).toEqual([422])
    expect(text).toContain('"field":"nonce"')
    expect(await rowsWritten()).toBe(0)
  })

  test('a client that expects 100-continue may go on, and is answered', async () => {
    const { open } = await serve()
    const sent = body()
    const lines = ['Expect: 100-continue', `Content-Length: ${Buffer.byteLength(sent)}`]
    const connection = await open(withBody(lines, ''))
    await vi.waitFor(() => expect(statusesIn(connection.text)).toEqual([100]), patience)
    connection.socket.write(sent)
    await connection.closed
    expect(statusesIn(connection.text)).toEqual([100, 200])
    expect(await rowsWritten()).toBe(2)
  })

  test('a request with both a length and chunks, or with a wrong chunk length, posts nothing', async () => {
    const { send } = await serve()
    const sent = body()
    const smuggled = `${chunk(sent)}0\r\n\r\n`
    const both = ['Transfer-Encoding: chunked', `Content-Length: ${Buffer.byteLength(sent)}`]
    for (const bytes of [
      withBody(both, smuggled),
      withBody(['Transfer-Encoding: chunked'], `ffffffffffffffff1\r\n${sent}\r\n0\r\n\r\n`),
      withBody(['Transfer-Encoding: chunked'], `-1\r\n${sent}\r\n0\r\n\r\n`),
      withBody(['Transfer-Encoding: chunked, gzip'], smuggled),
      withBody(['Transfer-Encoding : chunked'], smuggled),
      withBody([`Content-Length: +${Buffer.byteLength(sent)}`], sent),
      withBody([`Content-Length: ${Buffer.byteLength(sent)}\n`], sent),
    ]) {
      const [status, ...others] = statusesIn(await send(bytes))
      expect([bytes.slice(0, 150), status, others]).toEqual([bytes.slice(0, 150), 400, []])
    }
    expect(await rowsWritten()).toBe(0)
  })

  test('pipelined requests are answered in order, up to the limit of one connection', async () => {
    const { send } = await serve()
    const names = Array.from({ length: bounds.perConnection + 4 }, (_, index) => `${owner()}-${index}`)
    const text = await send(names.map((name) => head(`GET /balance/${name} HTTP/1.1`)).join(''))
    const served = names.slice(0, bounds.perConnection)
    expect([...text.matchAll(/"owner_id":"(.+?)"/g)].map(([, name]) => name)).toEqual(served)
    expect(statusesIn(text)).toEqual([...served.map(() => 200), 503])
  })
})
