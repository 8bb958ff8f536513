import type { Principal, Scope } from '@shared-ledger/ledger'
import { assertScopes, forbidden } from './access.ts'
import type { AnyLedger } from './builder.ts'

/** Returns the scopes that a service needs in addition to `post` to post these entries. */
export function scopesOf(
  { operations }: AnyLedger,
  entries: readonly { readonly operation: string }[],
): readonly Scope[] {
  return entries.flatMap(({ operation }) => operations[operation]?.scope ?? [])
}

/**
 * Makes a check whether a request may end or prolong a hold: its capture may post an internal operation, or one that needs a
 * scope. An unknown hold passes, and the command reports it.
 *
 * @throws GraphQLError FORBIDDEN
 */
export function createHoldCheck(ledger: AnyLedger): (id: string, principal: Principal) => Promise<void> {
  const hasRestricted = Object.values(ledger.operations).some(({ internal, scope }) => internal || scope)
  return async (id, principal) => {
    const hold = hasRestricted ? await ledger.hold(id) : null
    if (!hold) return
    // This server does not know the operation. An older or newer server that knows it may treat it as internal.
    const definition = ledger.operations[hold.operationName] ?? { internal: true }
    if (definition.internal) {
      throw forbidden(`Only the app itself ends holds of ${hold.operationName}.`)
    }
    assertScopes(principal, scopesOf(ledger, [{ operation: hold.operationName }]))
  }
}
