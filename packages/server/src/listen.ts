import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http'
import type { Socket } from 'node:net'
import { readBounds } from '@shared-ledger/ledger'
import { Problem, problem } from '@shared-ledger/rest'
import { type Admission, type Applicant, createAdmission } from './admission.ts'
import type { App } from './app-options.ts'
import { NoRoomError } from './body.ts'
import { bounds, idleTimeoutMs, timeouts } from './bounds.ts'
import { type Connections, followConnections } from './connections.ts'
import type { Cors } from './cors.ts'
import type { IsOwnHost } from './hosts.ts'
import { listenOn } from './listen-on.ts'
import { refuseMalformed, refuseTunnel, unknownExpectation } from './malformed.ts'
import { SocketRequest } from './raw-request.ts'
import { headProblem } from './request-head.ts'
import { requestIdOf, withRequestId } from './request-id.ts'
import type { Tracing } from './tracing/tracing.ts'
import { createUnread, type Unread } from './unread.ts'
import { createWriter } from './writer.ts'

export interface ListenOptions {
  readonly host: string
  readonly port: number
  /** Which hosts the server answers for. */
  readonly isOwnHost: IsOwnHost
  /** When left out, pages of other origins may not send requests. */
  readonly cors?: Cors | undefined
  readonly tracing?: Tracing | undefined
}

/**
 * Serves an app on a socket.
 *
 * @param admission Decides when requests are answered. A benchmark passes one that admits everything at once.
 * @param unread Limits the answers that clients do not read.
 * @throws PortTakenError when another process has the port
 */
export async function listen(
  served: App,
  { host, port, isOwnHost, cors, tracing }: ListenOptions,
  admission: Admission = createAdmission(bounds),
  unread: Unread = createUnread({ ...bounds, ...timeouts }),
): Promise<{ server: Server; connections: Connections }> {
  const write = createWriter(served.answerFault, unread)

  const apply = (incoming: IncomingMessage, outgoing: ServerResponse): Applicant => {
    const request = new SocketRequest(incoming, outgoing)
    const id = requestIdOf(request)
    outgoing.setHeader('x-request-id', id)
    for (const [name, value] of Object.entries(cors?.headersFor(request) ?? {}))
      outgoing.setHeader(name, value)
    const refused = headProblem(request, isOwnHost)

    const refuse = (problem: Problem, close: boolean) => {
      if (close) outgoing.setHeader('connection', 'close')
      write(outgoing, served.refuse(request, problem))
    }
    const answer = async (done: () => void) => {
      if (refused) return refuse(refused, true)
      const started = performance.now()
      const preflight = cors?.answerPreflight(request)
      if (preflight) {
        done()
        return write(outgoing, preflight)
      }
      const principal = await served.identify(request)
      if (principal instanceof Problem) {
        done()
        return write(outgoing, served.refuse(request, principal, started))
      }
      const caller = { principal, started }
      const answered = (await served.answerKnown(request, caller)) ?? (await served.answer(request, caller))
      done()
      write(outgoing, answered)
    }
    return {
      outgoing,
      isUrgent: refused !== undefined || served.isUrgent(request.target),
      credentials: request.header('authorization') ?? undefined,
      receive: (intake) => request.receive(intake)?.then(({ byteLength }) => byteLength, sizeOfRefused),
      answer(done) {
        const run = () => void withRequestId(id, () => answer(done))
        if (tracing) tracing.request(request, outgoing, run)
        else run()
      },
      refuse: (close) => refuse(problem('OVERLOADED'), close),
    }
  }

  const server = createServer(serverOptions, (incoming, outgoing) =>
    admission.admit(outgoing, () => apply(incoming, outgoing)),
  )
  server.timeout = idleTimeoutMs(readBounds())
  server.maxConnections = bounds.connections
  server.maxHeadersCount = bounds.headers + 1 // newer versions of Node refuse a request with more by themselves
  const connections = followConnections(server)
  server.on('clientError', (error, socket: Socket) => refuseMalformed(error, socket, connections))
  server.on('connect', (_request, socket: Socket) => refuseTunnel(socket, connections))
  server.on('checkExpectation', (_request, outgoing: ServerResponse) => {
    outgoing.setHeader('connection', 'close')
    write(outgoing, unknownExpectation())
  })
  await listenOn(server, { port, host }, () => new PortTakenError(port))
  return { server, connections }
}

const serverOptions: ServerOptions = {
  headersTimeout: timeouts.headersMs,
  requestTimeout: timeouts.requestMs,
  keepAliveTimeout: timeouts.keepAliveMs,
  connectionsCheckingInterval: timeouts.checkMs,
  requireHostHeader: false, // Node's own answer to a request without Host is not one of our problems, so `headProblem` refuses it
}

/** The code that reads a refused body reports the refusal in its own format. */
function sizeOfRefused(reason: unknown): number {
  if (reason instanceof NoRoomError) throw reason
  return 0
}

/** Another process listens on the port. */
class PortTakenError extends Error {
  constructor(port: number) {
    const other = port < 65_000 ? port + 10 : port - 10
    super(
      `Port ${port} is taken by another process. Stop that one, or start this app alone on another port: PORT=${other}.`,
    )
  }
}
