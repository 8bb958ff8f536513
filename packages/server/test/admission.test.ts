import { once } from 'node:events'
import type { Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createAdmission } from '../src/admission.ts'
import { jsonAnswer } from '../src/answer.ts'
import type { App } from '../src/app-options.ts'
import { type Bounds, bounds } from '../src/bounds.ts'
import { createHosts } from '../src/hosts.ts'
import { listen } from '../src/listen.ts'
import { createTestApp, pool, posting } from './harness.ts'
import { sendBytes } from './send-bytes.ts'

const { app, lines } = createTestApp()
const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

/** Starts a server whose app answers a request when the test says so. It answers `/at-once` at once. */
async function serve(few: Partial<Bounds> = {}) {
  /** The targets that are being answered, in the order in which they began. */
  const atWork: string[] = []
  const begun: string[] = []
  const finish = new Map<string, () => void>()
  let most = 0
  const served: App = {
    ...app,
    answerKnown: () => undefined,
    async answer(request) {
      const { method, target } = request
      atWork.push(target)
      begun.push(target)
      most = Math.max(most, atWork.length)
      if (target !== '/at-once') await new Promise<void>((resolve) => finish.set(target, resolve))
      atWork.splice(atWork.indexOf(target), 1)
      const size = (await request.readBody()).byteLength
      return jsonAnswer({
        status: 200,
        headers: {},
        body: { target, size, method },
        outcome: 'ok',
      })
    },
  }
  const isOwnHost = createHosts({ host: '127.0.0.1', allowed: '' })
  const admission = createAdmission({ ...bounds, ...few })
  const { server } = await listen(served, { host: '127.0.0.1', port: 0, isOwnHost }, admission)
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const sockets: Socket[] = []
  let received = 0
  server.on('request', () => {
    received += 1
  })
  ends.push(async () => {
    for (const socket of sockets) socket.destroy()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  /** Opens a connection and sends these bytes. `text` is what came back. */
  const open = (bytes: string) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    sockets.push(socket)
    const connection = { socket, text: '', closed: once(socket, 'close') }
    socket.on('data', (chunk) => {
      connection.text += chunk
    })
    socket.on('error', () => {})
    return connection
  }
  return {
    server,
    port,
    atWork,
    begun,
    most: () => most,
    open,
    finish: (target: string) => finish.get(target)?.(),
    /** Waits until this many requests have come. */
    received: (count: number) => vi.waitFor(() => expect(received).toBe(count), patience),
    /** Waits until exactly these targets are at work. */
    working: (...targets: string[]) =>
      vi.waitFor(() => expect(atWork.toSorted()).toEqual(targets.toSorted()), patience),
  }
}

const connectionsOf = (server: Server) =>
  new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)))

const hour = 3_600_000
const patience = { timeout: 120_000, interval: 5 }
const get = (target: string, head = '') => `GET ${target} HTTP/1.1\r\nHost: localhost\r\n${head}\r\n`
const post = (target: string, size: number, sent = size) =>
  `POST ${target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${size}\r\n\r\n${'x'.repeat(sent)}`
const alone = (target: string) => get(target, 'Connection: close\r\n')
const targetsIn = (text: string) => [...text.matchAll(/"target":"(.+?)"/g)].map(([, target]) => target)

describe('a connection', () => {
  test('has no request carried out behind an answer that ends it', async () => {
    const { open, port, begun } = await serve()
    const foreign = 'GET /1 HTTP/1.1\r\nHost: ledger.example\r\n\r\n'
    const connection = open(foreign + post('/late', 5))
    await connection.closed
    expect(connection.text).toMatch(/^HTTP\/1\.1 421 /)
    await sendBytes(port, alone('/at-once'))
    expect(begun).toEqual(['/at-once'])
  })

  test('gets answers in order, one after the other', async () => {
    const { open, working, finish } = await serve()
    const connection = open(get('/1') + get('/2') + get('/3'))
    for (const target of ['/1', '/2', '/3']) {
      await working(target)
      finish(target)
    }
    await vi.waitFor(() => expect(targetsIn(connection.text)).toEqual(['/1', '/2', '/3']), patience)
  })

  test('that sends too many requests without reading gets a few answers, a refusal, and its end', async () => {
    const { open, working, finish } = await serve({ perConnection: 3 })
    const connection = open(['/1', '/2', '/3', '/4', '/5', '/6'].map((target) => get(target)).join(''))
    for (const target of ['/1', '/2', '/3']) {
      await working(target)
      finish(target)
    }
    await connection.closed
    expect(targetsIn(connection.text)).toEqual(['/1', '/2', '/3'])
    expect([...connection.text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).toEqual([
      '200',
      '200',
      '200',
      '503',
    ])
    expect(connection.text).toMatch(/connection: close/i)
    expect(connection.text).toMatch(/retry-after: 1/i)
    expect(connection.text).toContain('"OVERLOADED"')
  })

  test('may send as many again after it was answered', async () => {
    const { open } = await serve({ perConnection: 2 })
    const connection = open(get('/at-once') + get('/at-once'))
    for (const answers of [2, 4, 6]) {
      await vi.waitFor(() => expect(targetsIn(connection.text)).toHaveLength(answers), patience)
      connection.socket.write(get('/at-once') + get('/at-once'))
    }
  })
})

describe('a client that asks for one thing at a time', () => {
  test('is answered although others have sent more than fits', async () => {
    const { open, working, port, finish } = await serve({ pipelinedAtWork: 1 })
    const first = open(get('/1') + get('/2') + get('/3'))
    const second = open(get('/a') + get('/b') + get('/c'))
    await working('/1', '/a')
    finish('/1')
    finish('/a')
    await vi.waitFor(() => expect(targetsIn(first.text + second.text)).toHaveLength(2), patience)
    await working('/2') // and not /b yet
    expect(targetsIn(await sendBytes(port, alone('/at-once')))).toEqual(['/at-once'])
    finish('/2')
    await working('/b') // it is the turn of /b, not of /3
  })

  test('is answered although large bodies wait, because they are handled a few at a time', async () => {
    const { open, working, port, finish, most } = await serve({ bulkAtWork: 2, bulkBytes: 100 })
    for (const target of ['/1', '/2', '/3', '/4']) {
      open(post(target, 101))
      await vi.waitFor(() => expect(most()).toBe(Math.min(Number(target.slice(1)), 2)), patience)
    }
    await working('/1', '/2')
    expect(targetsIn(await sendBytes(port, alone('/at-once')))).toEqual(['/at-once'])
    finish('/1')
    await working('/2', '/3')
  })

  test('is answered while large bodies pause for it, half-received ones as well', async () => {
    const pausing = { bulkBytes: 100, pauseFactor: hour, maxPauseMs: hour }
    const { open, working, port, finish, begun } = await serve(pausing)
    expect(targetsIn(await sendBytes(port, alone('/at-once')))).toEqual(['/at-once'])
    open(post('/1', 101))
    await working('/1')
    finish('/1')
    open(post('/2', 101))
    open(post('/3', 1_000_000))
    for (let time = 1; time <= 20; time += 1) {
      expect(targetsIn(await sendBytes(port, alone('/at-once')))).toEqual(['/at-once'])
    }
    expect(begun.filter((target) => target !== '/at-once')).toEqual(['/1'])
  })

  test('is answered although others send their bodies slowly, or left in the middle', async () => {
    const { open, port, atWork } = await serve({ atWork: 1, bulkAtWork: 1, bulkBytes: 100 })
    open(post('/slow', 50, 10))
    open(post('/slow-and-large', 5000, 200))
    const left = open(post('/left', 50, 10))
    await once(left.socket, 'ready')
    left.socket.destroy()
    for (let time = 1; time <= 3; time += 1) {
      expect(targetsIn(await sendBytes(port, alone('/at-once')))).toEqual(['/at-once'])
    }
    expect(atWork).toEqual([])
  })
})

describe('a caller with many connections', () => {
  const from = (caller: string, target: string) => get(target, `Authorization: ${caller}\r\n`)

  test('leaves a quarter of the places to others', async () => {
    const { open, working, received } = await serve({ atWork: 4 })
    for (const target of ['/1', '/2', '/3', '/4', '/5', '/6']) open(from('many', target))
    await received(6)
    await working('/1', '/2', '/3')
    open(from('one', '/one'))
    await working('/1', '/2', '/3', '/one')
  })

  test('comes after a caller with few connections, when all wait', async () => {
    const frozen = vi.spyOn(performance, 'now').mockReturnValue(performance.now())
    try {
      const { open, working, received, finish } = await serve({ atWork: 1 })
      open(get('/busy'))
      await working('/busy')
      for (let request = 1; request <= 5; request += 1) {
        open(from('many', `/${request}`))
        await received(request + 1)
      }
      open(from('one', '/one'))
      await received(7)
      for (const [done, next] of [
        ['/busy', '/1'],
        ['/1', '/one'],
        ['/one', '/2'],
      ] as const) {
        finish(done)
        await working(next)
      }
    } finally {
      frozen.mockRestore()
    }
  })
})

test('large bodies do not pause while nobody else asks', async () => {
  const { open, working, finish } = await serve({ bulkBytes: 100, pauseFactor: hour, maxPauseMs: hour })
  const connection = open('')
  for (const target of ['/1', '/2', '/3']) {
    connection.socket.write(post(target, 1_000_000))
    await working(target)
    finish(target)
  }
})

describe('beyond the bounds', () => {
  test('a request gets OVERLOADED at once, probes are still answered, and the log has a sum', async () => {
    const { open, working, port, finish } = await serve({ atWork: 1, waiting: 1 })
    const [first, second] = [open(get('/1')), open(get('/2'))]
    await working('/1')
    const others = await Promise.all(Array.from({ length: 5 }, () => sendBytes(port, alone('/graphql'))))
    const waits = others.filter((answer) => !answer.includes('OVERLOADED'))
    expect(waits).toHaveLength(0)
    expect(others[0]).toMatch(/^HTTP\/1\.1 503 /)
    expect(others[0]).toMatch(/\r\nretry-after: 1\r\n/i)
    expect(others[0]).toMatch(
      /\{"errors":\[\{"message":".+","extensions":\{"code":"OVERLOADED","retryable":true\}\}\]\}$/,
    )
    const health = sendBytes(port, alone('/health'))
    await working('/1', '/health')
    finish('/health')
    expect(targetsIn(await health)).toEqual(['/health'])
    finish('/1')
    await working('/2')
    finish('/2')
    await vi.waitFor(() => expect(targetsIn(first.text + second.text)).toEqual(['/1', '/2']), patience)
    await vi.waitFor(() => {
      const sums = lines.filter(({ msg }) => msg === 'requests refused')
      expect(sums.reduce((sum, { requests }) => sum + Number(requests), 0)).toBeGreaterThanOrEqual(5)
    }, patience)
    expect(lines.filter(({ msg, outcome }) => msg === 'request' && outcome === 'OVERLOADED')).toEqual([])
  })

  test('no work is done for a client that has left', async () => {
    const { open, working, finish, received, port, server, begun } = await serve({ atWork: 1 })
    open(get('/1'))
    await working('/1')
    const left = open(get('/left'))
    await received(2)
    const behind = sendBytes(port, alone('/at-once'))
    await received(3)
    left.socket.destroy()
    await vi.waitFor(async () => expect(await connectionsOf(server)).toBe(2), patience)
    finish('/1')
    expect(targetsIn(await behind)).toEqual(['/at-once'])
    expect(begun).toEqual(['/1', '/at-once'])
  })

  test('a request that waits too long is refused', async () => {
    const { open, working, finish, received } = await serve({ atWork: 1, patienceMs: 0 })
    open(get('/1'))
    await working('/1')
    const late = open(alone('/late'))
    await received(2)
    finish('/1')
    await late.closed
    expect(late.text).toContain('"OVERLOADED"')
  })

  test('too many large bodies are refused, and there is room again when one ends', async () => {
    const { open, working, port, server } = await serve({ bulkBytes: 1000, bulkBytesHeld: 100_000 })
    const [first] = [open(post('/1', 90_000))]
    await working('/1')
    const refused = await sendBytes(port, post('/2', 60_000).replace('Host', 'Connection: close\r\nHost'))
    expect(refused).toMatch(/^HTTP\/1\.1 503 /)
    // Small bodies are not counted. A sender that leaves frees the room of its body.
    expect(
      targetsIn(await sendBytes(port, post('/at-once', 900).replace('Host', 'Connection: close\r\nHost'))),
    ).toEqual(['/at-once'])
    first.socket.destroy()
    await vi.waitFor(async () => {
      expect(
        await new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count))),
      ).toBe(0)
    }, patience)
    const half = open(post('/half', 90_000, 80_000))
    await once(half.socket, 'ready')
    half.socket.destroy()
    await vi.waitFor(async () => {
      const answer = await sendBytes(
        port,
        post('/at-once', 90_000).replace('Host', 'Connection: close\r\nHost'),
      )
      expect(targetsIn(answer)).toEqual(['/at-once'])
    }, patience)
  })
})

describe('a request that never becomes complete', () => {
  const timeout = () => Object.assign(new Error('Request timeout'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' })

  /** Refuses a request of which only these bytes have come. Its client keeps its own side open. */
  const serveRefused = async (bytes: string) => {
    const { server, port, begun } = await serve()
    const served: Promise<Socket> = once(server, 'connection').then(([socket]) => socket)
    const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => client.write(bytes))
    client.on('error', () => {})
    const socket = await served
    await vi.waitFor(() => expect(socket.bytesRead).toBe(bytes.length), patience)
    server.emit('clientError', timeout(), socket)
    return { port, begun, socket, client }
  }

  test('is answered 408 when it takes too long', async () => {
    vi.stubEnv('REQUEST_TIMEOUT_MS', '')
    const { server, open } = await serve()
    vi.unstubAllEnvs()
    expect([server.headersTimeout, server.requestTimeout, server.timeout, server.keepAliveTimeout]).toEqual([
      10_000, 30_000, 60_000, 5_000,
    ])
    const sockets: Socket[] = []
    server.on('connection', (socket) => sockets.push(socket))
    for (const bytes of ['GET / HT', post('/slow', 50, 10)]) {
      const slow = open(bytes)
      await vi.waitFor(() => expect(sockets.at(-1)?.bytesRead).toBe(bytes.length), patience)
      server.emit('clientError', timeout(), sockets.at(-1))
      await slow.closed
      expect(slow.text).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/)
      expect(slow.text).toContain('"MALFORMED_REQUEST"')
      sockets.length = 0
    }
  })

  test.each([
    ['headers', 'POST /late HTTP/1.1\r\nHo', 'st: localhost\r\nContent-Length: 5\r\n\r\nxxxxx'],
    ['body', post('/late', 50, 10), 'x'.repeat(40)],
  ])('is not carried out when the rest of its %s comes after the refusal', async (_, bytes, rest) => {
    const { port, begun, socket, client } = await serveRefused(bytes)
    await once(client.resume(), 'end')
    client.write(rest)
    await vi.waitFor(() => expect(socket.bytesRead).toBe(bytes.length + rest.length), patience)
    await sendBytes(port, alone('/at-once'))
    expect(begun).toEqual(['/at-once'])
    client.destroy()
  })

  test('keeps its connection for a short time only, also when more of it comes again and again', async () => {
    const { socket, client } = await serveRefused('GET / HT')
    const drip = setInterval(() => client.write('x'), 100)
    await once(socket, 'close')
    clearInterval(drip)
    client.destroy()
  })

  test('is not refused when nothing of it came: a browser may be about to use the connection', async () => {
    const { server, open } = await serve()
    const served: Promise<Socket> = once(server, 'connection').then(([socket]) => socket)
    const connection = open('')
    server.emit('clientError', timeout(), await served)
    await connection.closed
    expect(connection.text).toBe('')
  })

  test('is not a request that waits for its answer as long as REQUEST_TIMEOUT_MS allows', async () => {
    vi.stubEnv('REQUEST_TIMEOUT_MS', '100000')
    const { server } = await serve()
    vi.unstubAllEnvs()
    expect(server.timeout).toBeGreaterThan(bounds.patienceMs + 100_000)
  })

  test('is not refused when the client would take the refusal for the answer to an earlier request', async () => {
    const { open, working } = await serve()
    const connection = open(`${get('/1')}NONSENSE\r\n\r\n`)
    await connection.closed
    expect(connection.text).toBe('')
    await working('/1')
  })
})

test('sixteen batches of 1,000 at once are posted, and postings meanwhile do not wait for them', async () => {
  const isOwnHost = createHosts({ host: '127.0.0.1', allowed: '' })
  const { server } = await listen(app, { host: '127.0.0.1', port: 0, isOwnHost })
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  ends.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const send = async (path: string, body: unknown) => {
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) })
    return { status: answer.status, json: await answer.json() }
  }
  let answered = 0
  const entries = (index: number) =>
    Array.from({ length: 1000 }, (_, entry) => posting({ owner_id: `bulk-${index}-${entry % 50}` }))
  const batches = Array.from({ length: 16 }, async (_, index) => {
    const body = { entries: entries(index) }
    let answer = await send('/ledger/batch', body)
    // On a busy machine some batches wait too long and are refused. They are sent again, as the answer says.
    while (answer.status === 503) answer = await send('/ledger/batch', body)
    answered += 1
    return answer
  })
  await vi.waitFor(() => expect(answered).toBeGreaterThan(0), { timeout: 120_000 })
  expect((await send('/ledger', posting({ owner_id: 'one' }))).status).toBe(200)
  expect(answered).toBeLessThan(16)
  for (const { status, json } of await Promise.all(batches)) {
    expect(status).toBe(200)
    expect(json.results).toHaveLength(1000)
    expect(json.results.filter((result: { status: number }) => ![200, 409].includes(result.status))).toEqual(
      [],
    )
  }
  const { rows } = await pool.query("SELECT FROM ledger.entries WHERE owner_id LIKE 'bulk-%'")
  expect(rows).toHaveLength(16_000)
})
