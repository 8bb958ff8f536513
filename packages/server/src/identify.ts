import type { Principal } from '@shared-ledger/ledger/facts'
import { Problem, problem } from '@shared-ledger/rest'
import type { RawRequest } from './raw-request.ts'

/** What is known of a request before anything of it is answered. */
export type Arriving = Pick<RawRequest, 'method' | 'target' | 'header'>

/**
 * Says who sends a request, or why it is not answered, such as `problem('UNAUTHENTICATED')`. Asked once for each request,
 * whichever way it goes on: GraphQL, REST, a subscription, a page.
 */
export type Identify = (request: Arriving) => Principal | Problem | Promise<Principal | Problem>

/** Who asks where nobody is asked who they are. */
export const anyone: Principal = { name: 'anyone' }

/** An app's `identify` that never rejects. @param onFault Told of what it throws. */
export function createIdentify(identify: Identify, onFault: (error: unknown) => void) {
  return async (request: Arriving): Promise<Principal | Problem> => {
    const { method, target } = request
    try {
      return await identify({ method, target, header: (name) => request.header(name) })
    } catch (error) {
      if (error instanceof Problem) return error
      onFault(error)
      return problem('INTERNAL_ERROR')
    }
  }
}
