import { createServer, type Server } from 'node:http'
import type { Socket } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { problem } from '@shared-ledger/rest'
import { problemResponse, toResponse } from './answer.ts'
import type { App } from './app.ts'

export interface ListenOptions {
  readonly app: string
  readonly host: string
  readonly port: number
}

/** Serves an app on a socket. @throws PortTakenError */
export function listen({ fetch }: App, { app, host, port }: ListenOptions): Promise<Server> {
  const listener = getRequestListener((request, { incoming }) => fetch(request, incoming.url), {
    hostname: host,
    overrideGlobalObjects: false,
    errorHandler: () => toResponse(problemResponse(problem('MALFORMED_REQUEST')), 'GET'),
  })
  const server = createServer(listener)
  server.on('clientError', refuseMalformed)
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new PortTakenError(app, port) : error),
    )
    server.listen(port, host, () => resolve(server))
  })
}

/** Another process listens on the port. */
export class PortTakenError extends Error {
  constructor(app: string, port: number) {
    const other = port + 10
    super(
      `Port ${port} is taken by another process. Stop that one, or choose another port: ` +
        `PORT=${other} npm start -w apps/${app}`,
    )
  }
}

/** Bytes that are not HTTP, or headers beyond Node's limits, never become a request. */
function refuseMalformed({ code }: NodeJS.ErrnoException, socket: Socket): void {
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const status = code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request'
  const refusal = problem(code === 'HPE_INVALID_URL' ? 'MALFORMED_PATH' : 'MALFORMED_REQUEST')
  const body = problemResponse(refusal).body ?? ''
  const head = [
    `HTTP/1.1 ${status}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}
