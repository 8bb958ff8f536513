import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** The server's answer, read to its end. */
interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** One request on its way through the proxy. */
interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Lets the server work. Its answer goes no further by itself. */
  readonly forward: () => Promise<Answer>
  /** Does the same, but returns the answer unread. */
  readonly open: () => Promise<IncomingMessage>
}

/** What happens to one request instead of forwarding it and its answer. */
export type Fault = (exchange: Exchange) => Promise<void> | void

/** Starts a proxy in front of an HTTP server. Each request uses up one fault, in the order in which they were added. */
export async function startProxy(serverUrl: string) {
  const faults: Fault[] = []
  const requests: IncomingMessage[] = []

  const proxy = createServer(async (incoming, response) => {
    requests.push(incoming)
    const body = await buffer(incoming)
    const handle = faults.shift() ?? passThrough
    const open = () => send(serverUrl, incoming, body)
    await handle({ request: incoming, response, open, forward: async () => read(await open()) })
  })
  const listen = (port: number) => new Promise<void>((resolve) => proxy.listen(port, '127.0.0.1', resolve))
  await listen(0)
  const { port } = proxy.address() as AddressInfo

  return {
    url: `http://127.0.0.1:${port}`,
    faults,
    requests,
    /** Refuses every connection from now on. */
    async stop() {
      if (!proxy.listening) return
      proxy.closeAllConnections()
      await new Promise((resolve) => proxy.close(resolve))
    },
    restart: () => listen(port),
  }
}

function send(
  serverUrl: string,
  { method, url, headers }: IncomingMessage,
  body: Buffer,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = request(new URL(url ?? '/', serverUrl), { method, headers }, resolve)
    sent.on('error', reject)
    sent.end(body)
  })
}

async function read(answer: IncomingMessage): Promise<Answer> {
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: await buffer(answer) }
}

/** Forwards an answer as it comes. Leaves the server when the client leaves. */
const passThrough: Fault = async ({ response, open }) => {
  const answer = await open()
  answer.on('error', () => response.destroy())
  response.on('close', () => answer.destroy())
  response.writeHead(answer.statusCode ?? 0, answer.headers)
  answer.pipe(response)
}

/** The connection breaks before the server receives the request. */
export const dropRequest: Fault = ({ request }) => {
  request.socket.destroy()
}

/** The server works, then the connection breaks before the first byte of the answer. */
export const loseAnswer: Fault = async ({ request, forward }) => {
  await forward()
  request.socket.destroy()
}

/** The server works, then the connection breaks in the middle of the answer. */
export const cutAnswer: Fault = async ({ request, response, forward }) => {
  const { status, headers, body } = await forward()
  response.writeHead(status, { ...headers, 'content-length': body.length })
  response.write(body.subarray(0, body.length / 2), () => request.socket.destroy())
}

/** Breaks the connection of a stream after some of its events. */
export function cutStreamAfter(events: number): Fault {
  return async ({ request, response, open }) => {
    const answer = await open()
    answer.on('error', () => {})
    response.on('close', () => answer.destroy())
    response.writeHead(answer.statusCode ?? 0, answer.headers)
    let passed = 0
    for await (const chunk of answer) {
      passed += String(chunk).split('event: next').length - 1
      if (passed > events) break
      response.write(chunk)
    }
    request.socket.destroy()
  }
}

/** Lets a stream begin, and then sends nothing more. */
export const silenceStream: Fault = async ({ response, open }) => {
  const answer = await open()
  response.on('close', () => answer.destroy())
  response.writeHead(answer.statusCode ?? 0, answer.headers).flushHeaders()
}

/** The server works, but its answer never arrives. */
export const keepAnswer: Fault = async ({ forward }) => {
  await forward()
}

/** Sends the request twice, and forwards the second answer. */
export const sendTwice: Fault = async (exchange) => {
  await exchange.forward()
  await passThrough(exchange)
}

/** Answers in the server's place. */
export function answer(status: number, body = 'no', headers: Record<string, string> = {}): Fault {
  return ({ response }) => {
    response.writeHead(status, headers).end(body)
  }
}

/** Answers with JSON in the server's place. */
export function answerJson(body: unknown): Fault {
  return answer(200, JSON.stringify(body), { 'content-type': 'application/json' })
}

/** A GraphQL error instead of data. */
export function graphqlError(extensions: Record<string, unknown>, message = 'Not now.'): Fault {
  return answerJson({ errors: [{ message, extensions }], data: null })
}
