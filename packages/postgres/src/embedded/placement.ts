import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import path from 'node:path'
import { type Binaries, findBinaries, programOf } from './binaries.ts'
import { runProgram } from './run-program.ts'
import { type ServerUser, serverUser } from './server-user.ts'

/** Where an embedded server's programs and data are, and which system user it runs as. */
export interface Placement {
  /** The folder with `bin`, `lib` and `share`. */
  readonly programs: string
  /** The folder with the data, the password and the log. */
  readonly home: string
  readonly user: ServerUser | undefined
}

/** Returns the folder with PostgreSQL's data (PGDATA). */
export const dataOf = (home: string): string => path.join(home, 'data')

/** Returns the path of the server's log file. */
export const logOf = (home: string): string => path.join(home, 'server.log')

/**
 * Returns the folder in the system's state directory that replaces `directory` when PostgreSQL's user may not enter
 * that. This happens below a folder of mode 0700, such as /root or one that `mktemp -d` makes.
 */
export function stateDirectoryOf(directory: string): string {
  const hash = createHash('sha256').update(path.resolve(directory)).digest('hex').slice(0, 12)
  return path.join('/var/lib', `shared-ledger-${hash}`)
}

/**
 * Finds folders that the server can enter, for its programs and for the data of `directory`, which must exist. Data
 * that exists is never moved, even if its folder is opened or closed to others later.
 *
 * @throws Error that says what to do when PostgreSQL's user can no longer enter the data's folder
 */
export async function place(directory: string, binaries: Binaries = findBinaries()): Promise<Placement> {
  const stateDirectory = stateDirectoryOf(directory)
  const settled = [directory, stateDirectory].find(isInitialised)
  const user = serverUser(dataOf(settled ?? directory))
  if (user === undefined) return { programs: binaries.folder, home: directory, user }

  const [canEnter, canRun] = await Promise.all([
    succeeds(runProgram('/bin/sh', ['-c', 'cd "$1"', 'sh', settled ?? directory], user)),
    succeeds(runProgram(programOf(binaries.folder, 'postgres'), ['--version'], user)),
  ])
  if (settled !== undefined && !canEnter) throw new Error(closedTo(user, settled))
  const home = settled ?? (canEnter ? directory : stateDirectory)
  if (home === stateDirectory) makeOpen(stateDirectory)
  const programs = canRun ? binaries.folder : await copyOf(binaries, stateDirectory)
  return { programs, home, user }
}

/** Whether a folder holds a finished database cluster. */
export function isInitialised(home: string): boolean {
  return existsSync(path.join(dataOf(home), 'PG_VERSION'))
}

function closedTo({ uid }: ServerUser, home: string): string {
  const closed: string[] = []
  for (let folder = home; folder !== path.dirname(folder); folder = path.dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) closed.unshift(folder)
  }
  const open = closed.length > 0 ? ` (chmod o+x ${closed.join(' ')})` : ''
  return (
    `The database is in ${home}, and PostgreSQL's user (uid ${uid}) can no longer enter that folder. ` +
    `Open it and the folders above it to others${open}; the data itself stays closed to them.`
  )
}

async function copyOf(binaries: Binaries, stateDirectory: string): Promise<string> {
  const copy = path.join(stateDirectory, `postgres-${binaries.version}`)
  if (existsSync(copy)) return copy
  makeOpen(stateDirectory)
  const unfinished = `${copy}.unfinished`
  rmSync(unfinished, { recursive: true, force: true })
  await cp(binaries.folder, unfinished, { recursive: true, verbatimSymlinks: true })
  renameSync(unfinished, copy)
  return copy
}

/** Makes a folder that others may enter, whatever the umask. Only PostgreSQL's user may read the data below it. */
export function makeOpen(folder: string): void {
  const first = mkdirSync(folder, { recursive: true })
  for (let made = folder; first !== undefined && made.startsWith(first); made = path.dirname(made)) {
    chmodSync(made, 0o755)
  }
}

async function succeeds(attempt: Promise<unknown>): Promise<boolean> {
  try {
    await attempt
    return true
  } catch {
    return false
  }
}
