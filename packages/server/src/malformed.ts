import { maxHeaderSize, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { type ProblemTable, problem, problemAnswer, problems } from '@shared-ledger/rest'
import { jsonAnswer, problemResponse, type TextAnswer } from './answer.ts'
import { bounds, timeouts } from './bounds.ts'
import type { Connections } from './connections.ts'

/**
 * Refuses what never becomes a request, or not a whole one: bytes that are not HTTP, headers beyond Node's limits, what
 * takes too long. Where an earlier request of the connection has no answer yet, the refusal would be taken for that one:
 * the connection just ends.
 */
export function refuseMalformed(
  { code }: NodeJS.ErrnoException,
  socket: Socket,
  { open }: Pick<Connections, 'open'>,
): void {
  const unanswered = [...(open.get(socket) ?? [])]
  if (code === 'ECONNRESET' || !socket.writable || !unanswered.every(isIncomplete)) {
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

/** Whether the request, which can only be the last one of its connection, has not come in full, nor its answer begun. */
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

/** HTTP has statuses of its own for some malformed requests; their code is that of all. */
function malformed(status: number, title: string, detail: string): TextAnswer {
  const table: ProblemTable = { MALFORMED_REQUEST: { ...problems.MALFORMED_REQUEST, status, title } }
  return jsonAnswer(problemAnswer(problem('MALFORMED_REQUEST', detail), table))
}
