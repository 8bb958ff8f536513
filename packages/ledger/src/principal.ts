/** What a service may do. None contains another: one that posts and reads has both. */
export const scopes = ['read', 'post', 'correct', 'admin'] as const

export type Scope = (typeof scopes)[number]

/** Who sends a request: a service, or an owner. */
export type Principal = ServicePrincipal | OwnerPrincipal

interface PrincipalBase {
  /** What logs call it, such as the name of a key: nothing that is secret. */
  readonly name: string
  /** Aborted when its right ends, such as when its key is revoked: its open subscriptions end then. */
  readonly ends?: AbortSignal
}

/** May do with every account of the app what its scopes say. */
export interface ServicePrincipal extends PrincipalBase {
  readonly scopes: readonly Scope[]
}

/** Reads the account of one owner, and no other. */
export interface OwnerPrincipal extends PrincipalBase {
  readonly owner: string
}

/** Whether a value is a principal: a name with scopes, or with an owner, and not with both. An error has a name, too. */
export function isPrincipal(value: unknown): value is Principal {
  if (typeof value !== 'object' || value === null || value instanceof Error) return false
  const { name, owner, scopes: given }: { name?: unknown; owner?: unknown; scopes?: unknown } = value
  if (typeof name !== 'string') return false
  const isService = Array.isArray(given) && given.every((scope) => scopes.includes(scope))
  return 'owner' in value ? typeof owner === 'string' && given === undefined : isService
}

/** Whether a principal reads one account alone. */
export function isOwner(principal: Principal): principal is OwnerPrincipal {
  return 'owner' in principal
}
