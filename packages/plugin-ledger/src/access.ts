import { isOwner, isPrincipal, type Principal, type Scope } from '@shared-ledger/ledger'
import { GraphQLError } from 'graphql'

interface Permission {
  /** What a service needs; null: nothing. */
  readonly scope: Scope | null
  /** Whether an owner may do it with its own account. */
  readonly byOwners: boolean
}

/** Who may do what: the table of docs/security.md. */
export const permissions = {
  /** Open to everybody who may reach the server. */
  open: { scope: null, byOwners: true },
  read: { scope: 'read', byOwners: true },
  post: { scope: 'post', byOwners: false },
  /** A mutation of the app's own that owners may use, too: it posts to no account but theirs. */
  act: { scope: 'post', byOwners: true },
  correct: { scope: 'correct', byOwners: false },
  admin: { scope: 'admin', byOwners: false },
} as const satisfies Readonly<Record<string, Permission>>

/** What a field does, as a row of the table. */
export type Action = keyof typeof permissions

/** Who may ask for a field of Mutation or Subscription. */
export interface FieldAccess<Args = never> {
  readonly action: Action
  /**
   * Whose account it touches: the owner that its arguments name, or any of the app. An owner may ask for no other than its
   * own.
   */
  readonly owner: 'any' | ((args: Args) => string | null | undefined)
  /** What a service needs beside the scope of the action, such as the scope of the operation that is posted. */
  readonly scopes?: ((args: Args) => readonly Scope[]) | undefined
}

/** Who may ask for a field of any other type that leads to an account. */
export interface NestedAccess {
  /**
   * What it does, as a row of the table; left out: `read`. A field of what a mutation answers is `open` to whoever came so far.
   * Owners get what is of their own account, whatever it says.
   */
  readonly action: Action
}

/** Of a field of the ledger's own types: open to whoever came to the type. */
export const reached: NestedAccess = { action: 'open' }

/**
 * Who may ask for a field of Query. Where its arguments do not name the owner, what it finds does: what is of another is
 * null for an owner, as if it did not exist.
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

/** The owner or owners of what was found; of a list, of each item. */
export type OwnersOf<Found> = (
  found: Found extends readonly (infer Item)[] ? Item : Found,
) => string | readonly string[]

/** @throws GraphQLError FORBIDDEN where the principal may not ask for the field with these arguments. */
export function assertPermitted<Args>(
  principal: Principal,
  { action, owner, scopes }: QueryAccess<Args>,
  args: Args,
): void {
  const { scope, byOwners } = permissions[action]
  if (scope === null) return
  if (!isOwner(principal)) {
    assertScopes(principal, [scope, ...(scopes?.(args) ?? [])])
  } else if (
    !byOwners ||
    owner === 'any' ||
    (typeof owner === 'function' && owner(args) !== principal.owner)
  ) {
    throw forbidden('The caller may read the account of its own owner, and nothing else.')
  }
}

/** @throws GraphQLError FORBIDDEN where a service may not follow a field that leads to an account. An owner may. */
export function assertMayFollow(principal: Principal, { action }: NestedAccess): void {
  const { scope } = permissions[action]
  if (scope !== null && !isOwner(principal)) assertScopes(principal, [scope])
}

/** @throws GraphQLError FORBIDDEN that names a scope that the principal does not have. */
export function assertScopes(principal: Principal, needed: readonly Scope[]): void {
  const given: readonly Scope[] = isOwner(principal) ? [] : principal.scopes
  const missing = needed.find((scope) => !given.includes(scope))
  if (missing) throw forbidden(`This needs the scope ${missing}, which the caller does not have.`)
}

/** Says that the caller may not do this: 403 over REST, an error of the field over GraphQL. */
export function forbidden(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'FORBIDDEN' } })
}

/** Those that were looked at before: each field of an answer that leads to an account asks. */
const known = new WeakSet<object>()

/** Who sends the request. @throws TypeError where the context does not say it: nobody is let in by a slip. */
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
