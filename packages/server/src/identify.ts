import { ledgerErrorOf } from '@shared-ledger/ledger'
import { isPrincipal, type Principal, scopes } from '@shared-ledger/ledger/facts'
import { Problem, problem, problems } from '@shared-ledger/rest'
import { type ErrorListeners, isForOperators } from './graphql-errors.ts'
import { appInTime } from './in-time.ts'
import type { RawRequest } from './raw-request.ts'

/** What is known about a request before its body is read. `header` takes names in upper or lower case. */
export type RequestHead = Pick<RawRequest, 'method' | 'target' | 'header'>

/**
 * Returns the principal that sends a request, or the problem to refuse it with. It is called once for each request:
 * GraphQL, REST, a subscription or a page.
 *
 * @example
 * ```ts
 * const identify: Identify = async ({ header }) => {
 *   const session = await readSession(header('authorization'))
 *   return session ? { name: session.user, owner: session.user } : problem('UNAUTHENTICATED')
 * }
 * ```
 */
export type Identify = (head: RequestHead) => Principal | Problem | Promise<Principal | Problem>

/** The principal of every request when requests are not authenticated. */
export const anyone: Principal = { name: 'anyone', scopes }

/** The principal of a request, and when the server began with it, by `performance.now()`. */
export interface Caller {
  readonly principal: Principal
  readonly started: number
}

/** Wraps an app's `identify` so that it never rejects and answers in time. */
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
      if (refused && isForOperators(refused)) onUnavailable(refused)
      if (refused) return new Problem(refused.code, refused.message)
      onFault(error)
      return problem('INTERNAL_ERROR')
    }
  }
}

/** Codes of the app's own routes mean nothing over GraphQL. */
function isCommon(value: unknown): value is Problem {
  return value instanceof Problem && Object.hasOwn(problems, value.code)
}

/** Returns the principal in a context, if it has one. */
export function principalOf(context: unknown): Principal | undefined {
  const { principal }: { principal?: unknown } =
    typeof context === 'object' && context !== null ? context : {}
  return isPrincipal(principal) ? principal : undefined
}
