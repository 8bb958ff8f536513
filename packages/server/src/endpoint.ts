import type { Principal } from '@shared-ledger/ledger/facts'
import { methodNotAllowed } from '@shared-ledger/rest'
import { type Answer, problemResponse } from './answer.ts'
import type { RawRequest } from './raw-request.ts'

/** Answers the requests for one path. */
export type Endpoint = (request: RawRequest, principal: Principal) => Promise<Answer>

/** Makes an endpoint for GET, HEAD and OPTIONS. */
export function getEndpoint(answer: Endpoint): Endpoint {
  return withMethods(['GET', 'HEAD'], answer)
}

/** Makes an endpoint for these methods. It answers OPTIONS and refuses all other methods. */
export function withMethods(methods: readonly string[], answer: Endpoint): Endpoint {
  const allowed = [...methods, 'OPTIONS'].sort()
  return async (request, principal) => {
    if (methods.includes(request.method)) return answer(request, principal)
    if (request.method !== 'OPTIONS') return problemResponse(methodNotAllowed(allowed))
    return { status: 204, headers: { allow: allowed.join(', ') }, body: null, outcome: 'ok' }
  }
}
