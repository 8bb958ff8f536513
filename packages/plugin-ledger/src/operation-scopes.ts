import type { Principal, Scope } from '@shared-ledger/ledger'
import { assertScopes, forbidden } from './access.ts'
import type { AnyLedger } from './builder.ts'

/** What a service needs beside the scope `post` to post these entries. */
export function scopesOf(
  { operations }: AnyLedger,
  entries: readonly { readonly operation: string }[],
): readonly Scope[] {
  return entries.flatMap(({ operation }) => operations[operation]?.scope ?? [])
}

/**
 * Checks that a request may end a hold: what its capture posts may be internal, or need a scope. A hold that there is not
 * is a matter for what ends it.
 *
 * @throws GraphQLError FORBIDDEN
 */
export function createHoldCheck(ledger: AnyLedger): (id: string, principal: Principal) => Promise<void> {
  const hasRestricted = Object.values(ledger.operations).some(({ internal, scope }) => internal || scope)
  return async (id, principal) => {
    const hold = hasRestricted ? await ledger.hold(id) : null
    if (!hold) return
    // What an older or newer server made may be internal: this one does not know.
    const definition = ledger.operations[hold.operationName] ?? { internal: true }
    if (definition.internal) {
      throw forbidden(`The app itself ends holds of ${hold.operationName}: no request does.`)
    }
    assertScopes(principal, scopesOf(ledger, [{ operation: hold.operationName }]))
  }
}
