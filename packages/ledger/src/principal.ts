/** What a service may do. No scope includes another: a service that reads and posts has both. */
export const scopes = ['read', 'post', 'correct', 'admin'] as const

export type Scope = (typeof scopes)[number]

/** The sender of a request: a service, or an owner. */
export type Principal = ServicePrincipal | OwnerPrincipal

interface PrincipalBase {
  /** Its name in logs, such as the name of a key. It must not be secret. */
  readonly name: string
  /** Aborted when its right ends, for example when its key is revoked. Its open subscriptions then end. */
  readonly ends?: AbortSignal
}

/** May do what its scopes say, with every account of the app. */
export interface ServicePrincipal extends PrincipalBase {
  readonly scopes: readonly Scope[]
}

/** May read the account of one owner, and no other. */
export interface OwnerPrincipal extends PrincipalBase {
  readonly owner: string
}

/** Whether a value is a principal: a name with either scopes or an owner. An Error has a name too, but is none. */
export function isPrincipal(value: unknown): value is Principal {
  if (typeof value !== 'object' || value === null || value instanceof Error) return false
  const { name, owner, scopes: given }: { name?: unknown; owner?: unknown; scopes?: unknown } = value
  if (typeof name !== 'string') return false
  const isService = Array.isArray(given) && given.every((scope) => scopes.includes(scope))
  return 'owner' in value ? typeof owner === 'string' && given === undefined : isService
}

/** Whether a principal may read only one account. */
export function isOwner(principal: Principal): principal is OwnerPrincipal {
  return 'owner' in principal
}
