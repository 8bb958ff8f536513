import { jsonOption } from '../command.ts'
import { UsageError } from '../exit.ts'
import { type Profile, profileNamed, readProfiles } from './profiles.ts'

/** The options of every command that asks an app's graph. */
export const targetOptions = {
  profile: { type: 'string', value: 'NAME', about: 'the profile to use. See: shared-ledger profiles' },
  url: { type: 'string', value: 'URL', about: "the app's address, in place of a profile's" },
  book: { type: 'string', value: 'BOOK', about: 'the book to read, for an app with several' },
  json: jsonOption,
} as const

/** The options that say which graph is asked. */
export interface TargetOptions {
  readonly profile?: string | undefined
  readonly url?: string | undefined
  readonly book?: string | undefined
}

/**
 * Returns which graph to ask, and with which key. An option goes before a variable of the environment, and that before
 * the profile in use. A profile's key is only sent to the profile's own address.
 *
 * @throws UsageError when nothing says where the graph is
 */
export function targetOf(options: TargetOptions): Profile {
  const { SHARED_LEDGER_URL, SHARED_LEDGER_KEY, SHARED_LEDGER_PROFILE } = process.env
  const name = options.profile ?? (options.url ? undefined : SHARED_LEDGER_PROFILE || undefined)
  const url = options.url ?? (options.profile === undefined ? SHARED_LEDGER_URL || undefined : undefined)
  const profile = url !== undefined && name === undefined ? undefined : profileOf(name)
  const target = url ?? profile?.url
  if (target === undefined) {
    throw new UsageError(
      'No app is named. Make a profile: shared-ledger profiles add local --url http://localhost:4001. Or give --url.',
    )
  }
  const address = graphOf(target)
  const key = SHARED_LEDGER_KEY || (profile && address === graphOf(profile.url) ? profile.key : undefined)
  const book = options.book ?? profile?.book
  return {
    url: address,
    ...(key !== undefined && { key }),
    ...(book !== undefined && { book: book.toUpperCase() }),
  }
}

/** Returns the address of an app's graph, from the app's address or the graph's own. @throws UsageError */
export function graphOf(given: string): string {
  if (!URL.canParse(given) || !/^https?:$/.test(new URL(given).protocol)) {
    throw new UsageError(`A url is such as http://localhost:4001, not ${JSON.stringify(given)}.`)
  }
  const url = new URL(given)
  if (url.pathname === '/') url.pathname = '/graphql'
  return url.href
}

function profileOf(name: string | undefined): Profile | undefined {
  const { current, profiles } = readProfiles()
  const wanted = name ?? current
  return wanted === undefined ? undefined : profileNamed(wanted, profiles)
}
