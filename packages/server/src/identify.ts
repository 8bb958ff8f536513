import { DatabaseUnavailableError, ledgerErrorOf } from '@shared-ledger/ledger'
import { isPrincipal, type Principal, scopes } from '@shared-ledger/ledger/facts'
import { Problem, problem, problems } from '@shared-ledger/rest'
import type { ErrorListeners } from './graphql-errors.ts'
import { appInTime } from './in-time.ts'
import type { RawRequest } from './raw-request.ts'

/** What is known of a request before its body is read. `header` takes names in any case. */
export type RequestHead = Pick<RawRequest, 'method' | 'target' | 'header'>

/**
 * Says who sends a request, or why it is not answered, such as `problem('UNAUTHENTICATED')`. Called once for each request,
 * whichever way it goes on: GraphQL, REST, a subscription, a page.
 */
export type Identify = (head: RequestHead) => Principal | Problem | Promise<Principal | Problem>

/** Who sends a request where the app has no `identify`. */
export const anyone: Principal = { name: 'anyone', scopes }

/** Who sends a request, and since when the server is at it, by `performance.now()`. */
export interface Caller {
  readonly principal: Principal
  readonly started: number
}

/** An app's `identify` that never rejects, and answers within the bound. */
export function boundIdentify(
  identify: Identify,
  boundMs: number,
  { onFault, onUnavailable }: ErrorListeners,
) {
  return async (head: RequestHead): Promise<Principal | Problem> => {
    const { method, target } = head
    const header = (name: string) => head.header(name.toLowerCase())
    try {
      const identified = await appInTime(identify({ method, target, header }), boundMs)
      if (isCommon(identified) || isPrincipal(identified)) return identified
      throw new TypeError(
        'identify returned neither a principal (a name with scopes, or with an owner) nor a common problem.',
        {
          cause: identified,
        },
      )
    } catch (error) {
      if (isCommon(error)) return error
      const refused = ledgerErrorOf(error)
      if (refused instanceof DatabaseUnavailableError) onUnavailable(refused)
      if (refused) return new Problem(refused.code, refused.message)
      onFault(error)
      return problem('INTERNAL_ERROR')
    }
  }
}

/** A route's own codes say nothing over GraphQL. */
function isCommon(value: unknown): value is Problem {
  return value instanceof Problem && Object.hasOwn(problems, value.code)
}

/** The principal of a context, where it has one. */
export function principalOf(context: unknown): Principal | undefined {
  const { principal }: { principal?: unknown } =
    typeof context === 'object' && context !== null ? context : {}
  return isPrincipal(principal) ? principal : undefined
}
