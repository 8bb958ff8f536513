import { createServer, maxHeaderSize, type Server, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { type ProblemTable, problem, problemAnswer, problems } from '@shared-ledger/rest'
import { jsonAnswer, problemResponse, type TextAnswer, toResponse } from './answer.ts'
import type { App } from './app.ts'
import { markStream } from './shutdown.ts'

type FetchCallback = Parameters<typeof getRequestListener>[0]

export interface ListenOptions {
  readonly app: string
  readonly host: string
  readonly port: number
}

/** Serves an app on a socket. @throws PortTakenError */
export function listen({ fetch }: App, { app, host, port }: ListenOptions): Promise<Server> {
  const answer: FetchCallback = async (request, { incoming, outgoing }) => {
    const response = await fetch(request, incoming.url)
    if (response.headers.get('content-type') === 'text/event-stream') markStream(outgoing)
    return response
  }
  const listener = getRequestListener(answer, {
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
  const { status, body } = refusalOf(code)
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body ?? '')}`,
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body ?? ''}`)
}

/** HTTP has a status of its own for headers that are too large; their code is that of any malformed request. */
const headersTooLarge: ProblemTable = {
  MALFORMED_REQUEST: { ...problems.MALFORMED_REQUEST, status: 431, title: 'Request header fields too large' },
}

function refusalOf(code: string | undefined): TextAnswer {
  if (code === 'HPE_INVALID_URL') return problemResponse(problem('MALFORMED_PATH'))
  if (code !== 'HPE_HEADER_OVERFLOW') return problemResponse(problem('MALFORMED_REQUEST'))
  const refusal = problem('MALFORMED_REQUEST', `The headers are larger than ${maxHeaderSize / 1024} KiB.`)
  return jsonAnswer(problemAnswer(refusal, headersTooLarge))
}
