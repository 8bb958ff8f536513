import { randomBytes } from 'node:crypto'
import {
  chownSync,
  closeSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { programOf } from './binaries.ts'
import { dataOf, type Placement } from './placement.ts'
import { runProgram } from './run-program.ts'

/** The database user that owns everything in an embedded server. */
export const DATABASE_USER = 'ledger'

/** Every embedded server has UTF-8, and a sort order of text that no operating system changes. */
export const INITDB_OPTIONS: readonly string[] = [
  '--encoding=UTF8',
  '--locale=C',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--auth=scram-sha-256',
  '--no-instructions',
  '--set=timezone=UTC',
]

const MAJOR_VERSION = '18'

const UNFINISHED = 'data.unfinished'

interface InitialiseOptions {
  readonly databaseUser?: string
  /** initdb's options. Those of every embedded server when left out. */
  readonly initdb?: readonly string[]
  /** The password of the cluster's user. A new one when left out. */
  readonly password?: string
  /** Skips waiting for the disk, for servers that live only during a test run. */
  readonly temporary?: boolean
}

/**
 * Makes the database cluster. When an earlier start was killed half-way, its initdb may still be writing. So each
 * attempt has its own folder, and the folders of earlier attempts are removed at the end.
 */
export async function initialise(placement: Placement, options: InitialiseOptions = {}): Promise<void> {
  const { home, programs, user } = placement
  const unfinished = mkdtempSync(path.join(home, `${UNFINISHED}-`))
  const data = path.join(unfinished, 'data')
  const passwordFile = path.join(unfinished, 'password')
  const password = options.password ?? randomBytes(24).toString('hex')
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 })
  if (user) for (const made of [unfinished, passwordFile]) chownSync(made, user.uid, user.gid)

  try {
    await runProgram(
      programOf(programs, 'initdb'),
      [
        `--pgdata=${data}`,
        `--username=${options.databaseUser ?? DATABASE_USER}`,
        `--pwfile=${passwordFile}`,
        ...(options.initdb ?? INITDB_OPTIONS),
        ...(options.temporary ? ['--no-sync'] : []),
      ],
      user,
    )
    // The cluster is on the disk now. It would be lost if its password were not.
    const flush = !options.temporary
    writeFileSync(passwordFileOf(home), `${password}\n`, { mode: 0o600, flush })
    renameSync(data, dataOf(home))
    if (flush) syncFolder(home)
  } finally {
    removeUnfinished(home)
  }
}

/** Removes the folders that unfinished attempts left. Files that another process is writing now stay. */
export function removeUnfinished(home: string): void {
  for (const name of readdirSync(home).filter((entry) => entry.startsWith(UNFINISHED))) {
    try {
      rmSync(path.join(home, name), { recursive: true, force: true, maxRetries: 2 })
    } catch {
      // the next attempt removes it
    }
  }
}

function syncFolder(folder: string): void {
  if (process.platform === 'win32') return // a folder cannot be opened there
  const opened = openSync(folder, 'r')
  try {
    fsyncSync(opened)
  } finally {
    closeSync(opened)
  }
}

/** Refuses a cluster that these programs cannot open. The error says what to do. */
export function checkInitialised({ home }: Placement): void {
  const version = readFileSync(path.join(dataOf(home), 'PG_VERSION'), 'utf8').trim()
  if (version === MAJOR_VERSION) return
  throw new Error(
    `The database in ${home} was made by PostgreSQL ${version}, and this is PostgreSQL ${MAJOR_VERSION}. ` +
      `Dump it with the old version and restore it, or empty it: npx shared-ledger reset`,
  )
}

/** Returns the path of the file with the password of the cluster's user. */
export const passwordFileOf = (home: string): string => path.join(home, 'password')

/** Returns the password of the cluster's user. */
export function passwordOf({ home }: Placement): string {
  try {
    return readFileSync(passwordFileOf(home), 'utf8').trim()
  } catch (error) {
    throw new Error(
      `The password of the database in ${home} cannot be read. Put it back, or run npx shared-ledger reset.`,
      {
        cause: error,
      },
    )
  }
}
