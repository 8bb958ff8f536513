import { createHash } from 'node:crypto'
import { isOwner, type Principal } from '@shared-ledger/ledger/facts'

const maxNameLength = 100

/**
 * By what a principal is counted. Keys and tokens of one name are one principal; an owner is another one than a service of
 * the same name. Names that are long are not kept.
 */
export function principalKey(principal: Principal): string {
  const { name } = principal
  const short = name.length <= maxNameLength ? name : createHash('sha256').update(name).digest('base64')
  return `${isOwner(principal) ? 'owner' : 'service'} ${short}`
}
