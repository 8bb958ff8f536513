import { maxHeaderSize, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { type ProblemTable, problem, problemAnswer, problems } from '@shared-ledger/rest'
import { headersOf, jsonAnswer, problemResponse, type TextAnswer } from './answer.ts'
import { bounds, timeouts } from './bounds.ts'
import type { Connections } from './connections.ts'

/**
 * Refuses what never becomes a whole request: bytes that are not HTTP, headers beyond Node's limits, a request that
 * takes too long. When an earlier request of the connection has no answer yet, the client would take the refusal for
 * that answer, so the connection just ends. It just ends, too, when nothing came over it: browsers open connections
 * that they may use later, and would take the refusal for the answer to a request that they are just sending.
 */
export function refuseMalformed(
  { code }: NodeJS.ErrnoException,
  socket: Socket,
  { open }: Pick<Connections, 'open'>,
): void {
  const unanswered = [...(open.get(socket) ?? [])]
  const isUnused = socket.bytesRead === 0
  if (code === 'ECONNRESET' || isUnused || !unanswered.every(isIncomplete)) socket.destroy()
  else endWith(refusalOf(code), socket)
}

/** Refuses CONNECT, because this server is not a proxy. Node would send no answer. */
export function refuseTunnel(socket: Socket, { open }: Pick<Connections, 'open'>): void {
  if (open.get(socket)?.size) socket.destroy()
  else
    endWith(
      malformed(501, 'Not implemented', 'This server is not a proxy and has no method CONNECT.'),
      socket,
    )
}

/** Makes the answer to a request with an unknown Expect header. Only 100-continue is known. */
export function unknownExpectation(): TextAnswer {
  return malformed(417, 'Expectation failed', 'This server knows only 100-continue in the header Expect.')
}

/** Writes an answer where Node writes none, and closes the connection. */
function endWith({ status, headers, body }: TextAnswer, socket: Socket): void {
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const head = {
    ...headersOf(headers),
    'content-length': String(Buffer.byteLength(body ?? '')),
    connection: 'close',
  }
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}`)
  socket.resume() // reads and drops the rest: closing a socket with unread bytes would discard the answer
  const late = setTimeout(() => socket.destroy(), timeouts.keepAliveMs)
  socket.once('close', () => clearTimeout(late))
  socket.end([`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, '', body ?? ''].join('\r\n'))
}

/**
 * Whether the request has not come in full, and no answer has begun. It can only be the last request of its connection.
 */
function isIncomplete({ req, headersSent }: ServerResponse): boolean {
  return !req.complete && !headersSent
}

function refusalOf(code: string | undefined): TextAnswer {
  switch (code) {
    case 'HPE_INVALID_URL':
      return problemResponse(problem('MALFORMED_PATH'))
    case 'HPE_HEADER_OVERFLOW':
      return malformed(
        431,
        'Request header fields too large',
        `The headers are larger than ${maxHeaderSize / 1024} KiB, or more than ${bounds.headers}.`,
      )
    case 'ERR_HTTP_REQUEST_TIMEOUT': {
      const [headersS, requestS] = [timeouts.headersMs / 1000, timeouts.requestMs / 1000]
      return malformed(
        408,
        'Request timeout',
        `Headers must come within ${headersS} s, the whole request within ${requestS} s.`,
      )
    }
    default:
      return problemResponse(problem('MALFORMED_REQUEST'))
  }
}

/** HTTP has separate statuses for some malformed requests. All of them have the code MALFORMED_REQUEST. */
function malformed(status: number, title: string, detail: string): TextAnswer {
  const table: ProblemTable = { MALFORMED_REQUEST: { ...problems.MALFORMED_REQUEST, status, title } }
  return jsonAnswer(problemAnswer(problem('MALFORMED_REQUEST', detail), table))
}
