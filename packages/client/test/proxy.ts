import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** What the server answered, read to its end. */
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
}

/** What happens to one request in place of passing it and its answer through. */
export type Fault = (exchange: Exchange) => Promise<void> | void

/** A proxy before an HTTP server. Faults are used up first in, first out, one a request. */
export async function startProxy(serverUrl: string) {
  const faults: Fault[] = []
  const requests: IncomingMessage[] = []

  const proxy = createServer(async (incoming, response) => {
    requests.push(incoming)
    const body = await buffer(incoming)
    const handle = faults.shift() ?? passThrough
    await handle({ request: incoming, response, forward: () => forward(serverUrl, incoming, body) })
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

function forward(
  serverUrl: string,
  { method, url, headers }: IncomingMessage,
  body: Buffer,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(new URL(url ?? '/', serverUrl), { method, headers }, async (answer) =>
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: await buffer(answer) }),
    )
    sent.on('error', reject)
    sent.end(body)
  })
}

const passThrough: Fault = async ({ response, forward }) => {
  const { status, headers, body } = await forward()
  response.writeHead(status, headers).end(body)
}

/** The connection breaks before the server has heard of the request. */
export const dropRequest: Fault = ({ request }) => {
  request.socket.destroy()
}

/** The server works, then the connection breaks before a byte of the answer. */
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

/** The server works, and its answer never comes. */
export const keepAnswer: Fault = async ({ forward }) => {
  await forward()
}

/** Sends the request twice, and passes the second answer on. */
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
