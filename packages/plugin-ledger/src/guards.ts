import { isOwner, ValidationError } from '@shared-ledger/ledger'
import type { GraphQLFieldResolver } from 'graphql'
import {
  assertMayFollow,
  assertMayUse,
  assertMayUseWith,
  type FieldAccess,
  forbidden,
  type NestedAccess,
  type OwnersOf,
  permissions,
  principalOf,
  type QueryAccess,
} from './access.ts'
import { ownMember, ownPart } from './own.ts'

export type Resolve = GraphQLFieldResolver<unknown, object, object>

/** Arguments with a checked input, or with what is wrong with it. */
export type ReadArgs = { readonly input: Record<string, unknown> | ValidationError }

/** Access that is judged by the checked input. */
export interface InputAccess extends FieldAccess<{ input: Record<string, unknown> }> {
  /** Checks the input. The resolver gets what this returns. */
  readonly read: (args: Record<string, unknown>) => ReadArgs
}

/** The access of any field. */
export type AnyAccess = QueryAccess<Record<string, unknown>, object> & Partial<Pick<InputAccess, 'read'>>

/** Returns what an owner may see of a result, or null for nothing. */
type PartFor = (found: object, owner: string) => object | null

/**
 * Wraps a resolver so that it only runs for principals who may use its field. The input of a field that checks it is
 * read after the first check, because reading runs the app's code. A faulty input names no account: the resolver gets
 * what is wrong with it.
 */
export function withAccess(resolve: Resolve, access: AnyAccess): Resolve {
  const { read } = access
  return (root, args, context, info) => {
    const principal = principalOf(context)
    assertMayUse(principal, access)
    const given: Record<string, unknown> = read ? read({ ...args }) : { ...args }
    if (!(given.input instanceof ValidationError)) assertMayUseWith(principal, access, given)
    return resolve(root, given, context, info)
  }
}

/**
 * Does the same for a field of a type that is not a root. An open field costs nothing, because an answer has many of
 * them.
 */
export function withNestedAccess(resolve: Resolve, access: NestedAccess): Resolve {
  if (permissions[access.action].scope === null) return resolve
  return (parent, args, context, info) => {
    assertMayFollow(principalOf(context), access)
    return resolve(parent, args, context, info)
  }
}

/** Wraps a resolver so that an owner only gets results of its own. */
export function withOwnFound(resolve: Resolve, ownersOf: OwnersOf<object>, nullable: boolean): Resolve {
  return forOwners(resolve, nullable, (found, owner) =>
    [ownersOf(found)].flat().includes(owner) ? found : null,
  )
}

/** Wraps a resolver so that an owner only gets the part of its own account. */
export function withOwnPart(
  resolve: Resolve,
  { isUnion, nullable }: { isUnion: boolean; nullable: boolean },
): Resolve {
  return forOwners(resolve, nullable, isUnion ? ownMember : ownPart)
}

function forOwners(resolve: Resolve, nullable: boolean, partFor: PartFor): Resolve {
  const partOf = async (found: unknown, owner: string): Promise<unknown> => {
    const value = await found
    if (typeof value !== 'object' || value === null) return value
    if (!isIterable(value)) return partFor(value, owner)
    const items = await Promise.all(value)
    const parts = await Promise.all(items.map((item) => partOf(item, owner)))
    return parts.filter((part, place) => part !== null || items[place] === null)
  }
  const answerOwner = async (found: unknown, owner: string) => {
    const part = await partOf(found, owner)
    if (part === null && !nullable)
      throw forbidden('This belongs to an account that the caller may not read.')
    return part
  }
  return (parent, args, context, info) => {
    const found: unknown = resolve(parent, args, context, info)
    const principal = principalOf(context)
    return isOwner(principal) ? answerOwner(found, principal.owner) : found
  }
}

/** Whether GraphQL takes a value for a list. */
function isIterable(value: object): value is Iterable<unknown> {
  return Symbol.iterator in value
}
