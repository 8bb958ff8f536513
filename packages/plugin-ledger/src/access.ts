import { isOwner, isPrincipal, type Principal, type Scope } from '@shared-ledger/ledger'
import { GraphQLError } from 'graphql'

interface Permission {
  /** The scope that a service needs. Null: none. */
  readonly scope: Scope | null
  /** Whether an owner may do it with its own account. */
  readonly byOwners: boolean
}

/** Who may do what. It is the table in docs/security.md. */
export const permissions = {
  /** Open to everybody who can reach the server. */
  open: { scope: null, byOwners: true },
  read: { scope: 'read', byOwners: true },
  post: { scope: 'post', byOwners: false },
  /** An app's own mutation that owners may use too. It posts only to their account. */
  act: { scope: 'post', byOwners: true },
  correct: { scope: 'correct', byOwners: false },
  admin: { scope: 'admin', byOwners: false },
} as const satisfies Readonly<Record<string, Permission>>

/** What a field does: a row of the table. */
export type Action = keyof typeof permissions

/** Who may use a field of Mutation or Subscription. */
export interface FieldAccess<Args = never> {
  readonly action: Action
  /**
   * The account that the field is about: of the owner in its arguments, or any account of the app. An owner may only
   * use its own account.
   */
  readonly owner: 'any' | ((args: Args) => string | null | undefined)
  /** The scopes that a service needs in addition to the action's scope, such as the scope of the posted operation. */
  readonly scopes?: ((args: Args) => readonly Scope[]) | undefined
}

/** Who may use a field of another type that leads to an account. */
export interface NestedAccess {
  /**
   * What the field does: a row of the table, or `read` when left out. A field of a mutation's answer is `open` to
   * everybody who got the answer. Owners only see their own account, whatever the action is.
   */
  readonly action: Action
}

/** For fields of the ledger's own types: open to everybody who got an object of the type. */
export const reached: NestedAccess = { action: 'open' }

/**
 * Who may use a field of Query. When its arguments do not name the owner, the result does. For an owner, a result that
 * belongs to another owner is null, as if it did not exist.
 *
 * @example
 * ```ts
 * rounds: t.field({
 *   type: [Round],
 *   args: { ownerId: t.arg.string({ required: true }) },
 *   access: { action: 'read', owner: ({ ownerId }) => ownerId },
 *   resolve: (_root, { ownerId }) => findRounds(ownerId),
 * }),
 * round: t.field({
 *   type: Round,
 *   nullable: true,
 *   args: { id: t.arg.id({ required: true }) },
 *   access: { action: 'read', owner: { found: ({ playerIds }) => playerIds } },
 *   resolve: (_root, { id }) => findRound(id),
 * })
 * ```
 */
export interface QueryAccess<Args = never, Found = never> extends Omit<FieldAccess<Args>, 'owner'> {
  readonly owner: FieldAccess<Args>['owner'] | { readonly found: OwnersOf<Found> }
}

/** Returns the owner or the owners of a result. For a list, it is called for each item. */
export type OwnersOf<Found> = (
  found: Found extends readonly (infer Item)[] ? Item : Found,
) => string | readonly string[]

/** @throws GraphQLError FORBIDDEN when the principal may not use the field, whatever its arguments are */
export function assertMayUse<Args>(principal: Principal, { action, owner }: QueryAccess<Args>): void {
  const { scope, byOwners } = permissions[action]
  if (scope === null) return
  if (!isOwner(principal)) assertScopes(principal, [scope])
  else if (!byOwners || owner === 'any') throw foreign()
}

/** @throws GraphQLError FORBIDDEN when a principal who may use the field may not use it with these arguments */
export function assertMayUseWith<Args>(
  principal: Principal,
  { action, owner, scopes }: QueryAccess<Args>,
  args: Args,
): void {
  if (permissions[action].scope === null) return
  if (!isOwner(principal)) assertScopes(principal, scopes?.(args) ?? [])
  else if (typeof owner === 'function' && owner(args) !== principal.owner) throw foreign()
}

const foreign = () => forbidden('The caller may read the account of its own owner, and nothing else.')

/** @throws GraphQLError FORBIDDEN when a service may not follow a field that leads to an account. An owner may. */
export function assertMayFollow(principal: Principal, { action }: NestedAccess): void {
  const { scope } = permissions[action]
  if (scope !== null && !isOwner(principal)) assertScopes(principal, [scope])
}

/** @throws GraphQLError FORBIDDEN that names a missing scope */
export function assertScopes(principal: Principal, needed: readonly Scope[]): void {
  const given: readonly Scope[] = isOwner(principal) ? [] : principal.scopes
  const missing = needed.find((scope) => !given.includes(scope))
  if (missing) throw forbidden(`This needs the scope ${missing}, which the caller does not have.`)
}

/** Makes the error for a caller that may not do this: 403 over REST, an error of the field over GraphQL. */
export function forbidden(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'FORBIDDEN' } })
}

/** Principals that were checked before. Each field of an answer that leads to an account asks for its principal. */
const known = new WeakSet<object>()

/** Returns the sender of the request. @throws TypeError when the context lacks it, so that a mistake lets nobody in */
export function principalOf(context: object): Principal {
  const principal = 'principal' in context ? context.principal : undefined
  if (isPrincipalOnce(principal)) return principal
  throw new TypeError(
    "The context of the request has no principal. Serve the schema with @shared-ledger/server, or give the context of your own server one: { name, scopes: ['read', …] } or { name, owner }.",
  )
}

function isPrincipalOnce(value: unknown): value is Principal {
  if (typeof value !== 'object' || value === null) return false
  if (known.has(value)) return true
  const isOne = isPrincipal(value)
  if (isOne) known.add(value)
  return isOne
}
