import type { Operation } from './graph.ts'
import { may, type Scope, type Session } from './session.ts'

/** Whether the caller may post it: requests post neither retired nor internal ones, and some need a scope. */
export function mayPost(session: Session, { retired, internal, scope }: Operation): boolean {
  const needed = scope === null ? [] : [scope.toLowerCase() as Scope]
  return !retired && !internal && may(session, 'post', ...needed)
}
