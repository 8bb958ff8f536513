import type { Principal } from '@shared-ledger/ledger/facts'
import { methodNotAllowed } from '@shared-ledger/rest'
import { type Answer, problemResponse } from './answer.ts'

/** A request, with what the web's `Request` does not keep. */
export interface IncomingRequest {
  readonly principal: Principal
  readonly request: Request
  readonly method: string
  /** The raw request target. */
  readonly target: string
  /** The path as it was sent. */
  readonly path: string
  /** Reads the body, up to the size limit. @throws Problem */
  readonly readBody: () => Promise<Uint8Array>
  /** Whether the client left before its answer. */
  readonly hasLeft: () => boolean
}

/** Answers the requests for one path. */
export type Endpoint = (request: IncomingRequest) => Promise<Answer>

/** Makes an endpoint for GET, HEAD and OPTIONS. */
export function getEndpoint(answer: Endpoint): Endpoint {
  return withMethods(['GET', 'HEAD'], answer)
}

/** Makes an endpoint for these methods. It answers OPTIONS and refuses all other methods. */
export function withMethods(methods: readonly string[], answer: Endpoint): Endpoint {
  const allowed = [...methods, 'OPTIONS'].sort()
  return async (request) => {
    if (methods.includes(request.method)) return answer(request)
    if (request.method !== 'OPTIONS') return problemResponse(methodNotAllowed(allowed))
    return { status: 204, headers: { allow: allowed.join(', ') }, body: null, outcome: 'ok' }
  }
}
