import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Answer } from '../src/answer.ts'
import { createUnread } from '../src/unread.ts'
import { createWriter } from '../src/writer.ts'

const faults: unknown[] = []
beforeEach(() => void faults.splice(0))

const write = createWriter(
  (fault) => {
    faults.push(fault)
    return { status: 500, headers: {}, body: '', outcome: 'INTERNAL_ERROR' }
  },
  createUnread({ unreadBytes: 1_000_000, readMs: 60_000, readMsPerKiB: 1 }),
)
const server = createServer()
beforeAll(() => once(server.listen(0, '127.0.0.1'), 'listening'))
afterAll(() => void server.close())

/** Sends a request. Returns the client's end and the server's. */
async function ask(method = 'GET') {
  const { port } = server.address() as AddressInfo
  const client = request({ port, host: '127.0.0.1', method, agent: false })
  client.on('error', () => {}) // some tests cut it off
  client.end()
  const [, outgoing] = (await once(server, 'request')) as [IncomingMessage, ServerResponse]
  const answered = async () => (await once(client, 'response'))[0] as IncomingMessage
  return { client, outgoing, answered }
}

/** Makes an answer of chunks, each made when it is asked for. `seen` says how many were, and whether it was cancelled. */
function streamOf(next: (count: number) => string | undefined) {
  const seen = { pulled: 0, cancelled: false }
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const chunk = next(seen.pulled++)
        if (chunk === undefined) controller.close()
        else controller.enqueue(Buffer.from(chunk))
      },
      cancel() {
        seen.cancelled = true
      },
    },
    { highWaterMark: 0 },
  )
  const answer: Answer = { status: 200, headers: {}, body, outcome: 'ok' }
  return { seen, answer }
}

test('a stream is sent whole, and its answer ends', async () => {
  const { outgoing, answered } = await ask()
  const { answer } = streamOf((count) => (count < 3 ? `${count};` : undefined))
  write(outgoing, answer)
  expect((await (await answered()).toArray()).join('')).toBe('0;1;2;')
  expect(faults).toEqual([])
})

test('a stream is not read ahead of its client, and is cancelled when the client leaves', async () => {
  const { client, outgoing, answered } = await ask()
  const { seen, answer } = streamOf(() => 'x'.repeat(1_000_000))
  write(outgoing, answer)
  await answered()
  await expect.poll(() => outgoing.writableNeedDrain).toBe(true)
  const { pulled } = seen
  await new Promise((resolve) => setImmediate(resolve))
  expect(seen).toEqual({ pulled, cancelled: false })
  client.destroy()
  await expect.poll(() => seen.cancelled).toBe(true)
  expect(faults).toEqual([])
})

test('a stream is cancelled when its client left before it began', async () => {
  const { client, outgoing } = await ask()
  client.destroy()
  await once(outgoing, 'close')
  const { seen, answer } = streamOf(() => 'x')
  write(outgoing, answer)
  await expect.poll(() => seen.cancelled).toBe(true)
  expect(seen.pulled).toBe(0)
  expect(faults).toEqual([])
})

test('a stream that fails is reported, and its client is cut off', async () => {
  const { outgoing, answered } = await ask()
  const fault = new Error('it failed')
  const { answer } = streamOf((count) => {
    if (count === 1) throw fault
    return 'first'
  })
  write(outgoing, answer)
  const response = await answered()
  await expect(response.toArray()).rejects.toThrow('aborted')
  expect(faults).toEqual([fault])
})

test('a stream is cancelled for HEAD', async () => {
  const { outgoing, answered } = await ask('HEAD')
  const { seen, answer } = streamOf(() => 'x')
  write(outgoing, answer)
  expect(await (await answered()).toArray()).toEqual([])
  expect(seen).toEqual({ pulled: 0, cancelled: true })
})
