import { isOwner } from '@shared-ledger/ledger'
import type { GraphQLFieldResolver } from 'graphql'
import { assertPermitted, forbidden, type OwnersOf, principalOf, type QueryAccess } from './access.ts'
import { ownPart } from './own.ts'

export type Resolve = GraphQLFieldResolver<unknown, object, object>

/** The access of any field. */
export type AnyAccess = QueryAccess<Record<string, unknown>, object>

/** What an owner may see of one thing that was found; null: nothing. */
type PartFor = (found: object, owner: string) => object | null

/** A resolver that is called for those alone who may ask for its field. */
export function withAccess(resolve: Resolve, access: AnyAccess): Resolve {
  return (root, args, context, info) => {
    assertPermitted(principalOf(context), access, { ...args })
    return resolve(root, args, context, info)
  }
}

/** A resolver that leaves an owner what it is an owner of. */
export function withOwnFound(resolve: Resolve, ownersOf: OwnersOf<object>, nullable: boolean): Resolve {
  return forOwners(resolve, nullable, (found, owner) =>
    [ownersOf(found)].flat().includes(owner) ? found : null,
  )
}

/** A resolver that leaves an owner the part that is of its own account. */
export function withOwnPart(resolve: Resolve, nullable: boolean): Resolve {
  return forOwners(resolve, nullable, ownPart)
}

function forOwners(resolve: Resolve, nullable: boolean, partFor: PartFor): Resolve {
  const partOf = (found: unknown, owner: string): unknown => {
    if (typeof found !== 'object' || found === null) return found
    if (!Array.isArray(found)) return partFor(found, owner)
    return found.flatMap((one) => {
      const part = partOf(one, owner)
      return part === null && one !== null ? [] : [part]
    })
  }
  const answerOwner = async (found: unknown, owner: string) => {
    const part = partOf(await found, owner)
    if (part === null && !nullable) throw forbidden('This is of an account that the caller may not read.')
    return part
  }
  return (parent, args, context, info) => {
    const found: unknown = resolve(parent, args, context, info)
    const principal = principalOf(context)
    return isOwner(principal) ? answerOwner(found, principal.owner) : found
  }
}
