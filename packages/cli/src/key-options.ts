import { limits, ownerIdSchema, type Scope, scopes } from '@shared-ledger/ledger'
import { isKeyId, type NewKey, readKey } from '@shared-ledger/ledger/keys'
import { UsageError } from './exit.ts'

/** The options of `create`. */
export interface CreateOptions {
  readonly name?: string | undefined
  readonly scopes?: string | undefined
  readonly owner?: string | undefined
  readonly expires?: string | undefined
}

const maxNameLength = 100

/** Reads the options of `create`. @throws UsageError that says which option is wrong, and what it may be */
export function readNewKey({ name, scopes: given, owner, expires }: CreateOptions): NewKey {
  if (name === undefined) throw new UsageError('Say what to call the key: --name ci')
  if (!/^[^\p{Cc}]+$/u.test(name) || [...name].length > maxNameLength) {
    throw new UsageError(`--name must be 1 to ${maxNameLength} characters, none of them a control character.`)
  }
  const expiresInS = expires === undefined ? null : readDuration(expires)
  if (owner === undefined) return { name, scopes: readScopes(given), ownerId: null, expiresInS }
  if (given !== undefined) {
    throw new UsageError(
      'A key with an --owner reads that account and nothing else: it takes no --scopes. Leave one of them out.',
    )
  }
  if (!ownerIdSchema.safeParse(owner).success) {
    throw new UsageError(
      `--owner must be the id of an owner, 1 to ${limits.idCharacters} characters of well-formed Unicode without NUL.`,
    )
  }
  return { name, scopes: [], ownerId: owner, expiresInS }
}

function readScopes(given: string | undefined): Scope[] {
  const all = scopes.join(', ')
  if (given === undefined) {
    throw new UsageError(
      `Say what the key may do: --scopes read,post (of ${all}), or --owner and the owner whose account it reads.`,
    )
  }
  const wanted = given.split(',').map((each) => each.trim())
  for (const each of wanted) {
    if (!scopes.some((scope) => scope === each)) {
      throw new UsageError(
        `--scopes must be some of ${all}, separated by commas, not ${JSON.stringify(each)}.`,
      )
    }
  }
  return scopes.filter((scope) => wanted.includes(scope))
}

const secondsOf: Readonly<Record<string, number>> = { m: 60, h: 3_600, d: 86_400 }
const maxDays = 3_650

function readDuration(given: string): number {
  const [, count = '', unit = ''] = /^([1-9]\d{0,9})([mhd])$/.exec(given) ?? []
  const seconds = Number(count) * (secondsOf[unit] ?? 0)
  if (seconds > 0 && seconds <= maxDays * 86_400) return seconds
  throw new UsageError(
    `--expires must be a number of minutes, hours or days, up to ${maxDays} days, such as 30m, 12h or 90d, not ${JSON.stringify(given)}.`,
  )
}

/** Returns the id of a key, from the id or from the whole key. @throws UsageError that says where to find ids */
export function readKeyId(given: string | undefined): string {
  const id = given === undefined ? undefined : (readKey(given)?.id ?? given)
  if (id !== undefined && isKeyId(id)) return id
  throw new UsageError('Say which key to revoke, by its id: npx shared-ledger keys list content shows them.')
}
