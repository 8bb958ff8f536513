import {
  createServer,
  type IncomingMessage,
  maxHeaderSize,
  type Server,
  ServerResponse,
  STATUS_CODES,
} from 'node:http'
import type { Socket } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { type ProblemTable, problem, problemAnswer, problems } from '@shared-ledger/rest'
import {
  isWhole,
  jsonAnswer,
  problemResponse,
  type TextAnswer,
  toResponse,
  type WholeAnswer,
  writeAnswer,
} from './answer.ts'
import type { App } from './app.ts'
import type { IsOwnHost } from './hosts.ts'
import { SocketRequest } from './raw-request.ts'
import { headProblem } from './request-head.ts'
import { requestIdOf, withRequestId } from './request-id.ts'
import { markStream } from './shutdown.ts'

export interface ListenOptions {
  readonly app: string
  readonly host: string
  readonly port: number
  /** Which hosts the server answers for. */
  readonly isOwnHost: IsOwnHost
}

/** Serves an app on a socket. @throws PortTakenError */
export function listen(served: App, { app, host, port, isOwnHost }: ListenOptions): Promise<Server> {
  const write = createWriter(served.answerFault)
  const requests = new WeakMap<object, SocketRequest>()
  const listener = getRequestListener(
    async (request, { incoming, outgoing }) => {
      const answer = await served.answer(request, incoming.url ?? '/', requests.get(incoming))
      // The listener's types have HTTP/2 as well, of which none comes here.
      if (outgoing instanceof ServerResponse && isWhole(answer)) {
        write(outgoing, answer)
        return RESPONSE_ALREADY_SENT
      }
      markStream(outgoing)
      return toResponse(answer, request.method)
    },
    {
      hostname: host,
      overrideGlobalObjects: false,
      errorHandler: () => toResponse(problemResponse(problem('MALFORMED_REQUEST')), 'GET'),
    },
  )
  const answer = async (request: SocketRequest, incoming: IncomingMessage, outgoing: ServerResponse) => {
    const refused = headProblem(request, isOwnHost)
    if (refused) return write(outgoing, served.refuse(request, refused))
    const known = await served.answerKnown(request)
    if (known) return write(outgoing, known)
    requests.set(incoming, request)
    return listener(incoming, outgoing)
  }
  const server = createServer((incoming, outgoing) => {
    const request = new SocketRequest(incoming, outgoing)
    const id = requestIdOf(request)
    outgoing.setHeader('x-request-id', id)
    return withRequestId(id, () => answer(request, incoming, outgoing))
  })
  server.on('clientError', refuseMalformed)
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new PortTakenError(app, port) : error),
    )
    server.listen(port, host, () => resolve(server))
  })
}

/**
 * Writes answers at the end of the turn of the event loop in which they were made: written one by one, each would wake
 * its client, which costs the server as much time as making the next answer does.
 */
function createWriter(
  answerFault: App['answerFault'],
): (outgoing: ServerResponse, answer: WholeAnswer) => void {
  let ready: Parameters<typeof write>[] = []
  const write = (outgoing: ServerResponse, answer: WholeAnswer) => {
    try {
      writeAnswer(outgoing, answer)
    } catch (error) {
      writeAnswer(outgoing, answerFault(error)) // Node refuses headers that the web allows
    }
  }
  return (outgoing, answer) => {
    if (ready.length === 0) {
      setImmediate(() => {
        const answers = ready
        ready = []
        for (const each of answers) write(...each)
      })
    }
    ready.push([outgoing, answer])
  }
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
