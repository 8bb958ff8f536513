import { createHash } from 'node:crypto'
import { isOwner, type Principal } from '@shared-ledger/ledger/facts'

const maxNameLength = 100

/**
 * Returns the key under which a principal is counted: an owner by its id, a service by its name. All keys and tokens of
 * one owner, or of one name, count as one principal. Long names are hashed.
 */
export function principalKey(principal: Principal): string {
  const [kind, name] = isOwner(principal) ? ['owner', principal.owner] : ['service', principal.name]
  const short = name.length <= maxNameLength ? name : createHash('sha256').update(name).digest('base64')
  return `${kind} ${short}`
}
