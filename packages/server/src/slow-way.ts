import { type IncomingMessage, ServerResponse } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { problem } from '@shared-ledger/rest'
import { isWhole, problemResponse, toResponse } from './answer.ts'
import type { App } from './app-options.ts'
import type { Caller } from './identify.ts'
import type { SocketRequest } from './raw-request.ts'
import { markStream } from './shutdown.ts'
import type { Write } from './writer.ts'

interface Taken {
  readonly request: SocketRequest
  readonly caller: Caller
  readonly done: () => void
}

/** Answers by way of a `Request` of the web, and of a `Response` where the answer is a stream. */
export function createSlowWay(served: App, host: string, write: Write) {
  const taken = new WeakMap<object, Taken>()
  const takenOf = (incoming: object): Taken => {
    const found = taken.get(incoming)
    if (!found) throw new Error('The request was not taken before it is answered.')
    return found
  }
  const listener = getRequestListener(
    async (request, { incoming, outgoing }) => {
      const { request: raw, caller, done } = takenOf(incoming)
      const answer = await served.answer(request, raw.target, caller, raw)
      done()
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
  return (incoming: IncomingMessage, outgoing: ServerResponse, request: Taken) => {
    taken.set(incoming, request)
    return listener(incoming, outgoing)
  }
}
