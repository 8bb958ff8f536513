import { chmodSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { codeOf } from '@shared-ledger/postgres'
import { UsageError } from '../exit.ts'

/** Where an app's graph is, and with which key. */
export interface Profile {
  readonly url: string
  readonly key?: string
  /** The book that reads are about. The app's own when left out. */
  readonly book?: string
}

/** The profiles of a user, and the name of the one in use. */
export interface Profiles {
  readonly current?: string | undefined
  readonly profiles: Readonly<Record<string, Profile>>
}

/** Returns the file with the user's profiles. */
export function profilesFile(): string {
  const home = process.env.XDG_CONFIG_HOME || path.join(homedir(), '.config')
  return path.join(home, 'shared-ledger', 'profiles.json')
}

/** Reads the user's profiles. @throws Error when others can read the file, or when it cannot be read as profiles */
export function readProfiles(): Profiles {
  const file = profilesFile()
  try {
    // Windows keeps files of a user's folder from other users by other means than a mode.
    if (process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0) {
      throw new Error(
        `Other users can read ${file}, which has keys. Let only you read it: chmod 600 ${file}. If others may have read it, make new keys.`,
      )
    }
    return profilesIn(JSON.parse(readFileSync(file, 'utf8')), file)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return { profiles: {} }
    if (error instanceof SyntaxError)
      throw new Error(`${file} is not JSON: ${error.message}`, { cause: error })
    throw error
  }
}

/** Returns the profile of this name. @throws UsageError that names those that there are */
export function profileNamed(name: string, profiles: Profiles['profiles']): Profile {
  const found = Object.hasOwn(profiles, name) ? profiles[name] : undefined
  if (found !== undefined) return found
  throw new UsageError(
    `There is no profile ${JSON.stringify(name)}. There are: ${Object.keys(profiles).join(', ') || 'none'}.`,
  )
}

/** Writes the user's profiles, for this user alone. */
export function writeProfiles(profiles: Profiles): void {
  const file = profilesFile()
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
  const next = `${file}.${process.pid}`
  writeFileSync(next, `${JSON.stringify(profiles, undefined, 2)}\n`, { mode: 0o600 })
  chmodSync(next, 0o600) // a file of this name may have been there with another mode
  renameSync(next, file)
}

function profilesIn(value: unknown, file: string): Profiles {
  if (!isObject(value) || !isObject(value.profiles)) throw new Error(`${file} has no "profiles".`)
  const { current, profiles } = value
  if (current !== undefined && typeof current !== 'string')
    throw new Error(`"current" in ${file} is not a name.`)
  const named = Object.entries(profiles).map(([name, profile]) => {
    if (isProfile(profile)) return [name, profile] as const
    throw new Error(`The profile ${JSON.stringify(name)} in ${file} is not { "url", "key", "book" }.`)
  })
  return { current, profiles: Object.fromEntries(named) }
}

function isProfile(value: unknown): value is Profile {
  const isText = (part: unknown) => part === undefined || typeof part === 'string'
  return isObject(value) && typeof value.url === 'string' && isText(value.key) && isText(value.book)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
