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

/** What every embedded server has: UTF-8, and an order of text that no operating system changes. */
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

export interface InitialiseOptions {
  readonly databaseUser?: string
  /** Leaves out waiting for the disk: for servers that live as long as a test run. */
  readonly temporary?: boolean
}

/**
 * Makes the database cluster. A start that was killed half-way leaves an initdb that may still write: every attempt has
 * a folder of its own, and what earlier ones left is thrown away last.
 */
export async function initialise(placement: Placement, options: InitialiseOptions = {}): Promise<void> {
  const { home, programs, user } = placement
  const unfinished = mkdtempSync(path.join(home, `${UNFINISHED}-`))
  const data = path.join(unfinished, 'data')
  const passwordFile = path.join(unfinished, 'password')
  const password = randomBytes(24).toString('hex')
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 })
  if (user) for (const made of [unfinished, passwordFile]) chownSync(made, user.uid, user.gid)

  try {
    await runProgram(
      programOf(programs, 'initdb'),
      [
        `--pgdata=${data}`,
        `--username=${options.databaseUser ?? DATABASE_USER}`,
        `--pwfile=${passwordFile}`,
        ...INITDB_OPTIONS,
        ...(options.temporary ? ['--no-sync'] : []),
      ],
      user,
    )
    // The cluster is on the disk: without its password there it would be lost.
    const flush = !options.temporary
    writeFileSync(passwordFileOf(home), `${password}\n`, { mode: 0o600, flush })
    renameSync(data, dataOf(home))
    if (flush) syncFolder(home)
  } finally {
    removeUnfinished(home)
  }
}

/** Removes what attempts to make a cluster have left; what another process writes at this moment stays. */
export function removeUnfinished(home: string): void {
  for (const name of readdirSync(home).filter((entry) => entry.startsWith(UNFINISHED))) {
    try {
      rmSync(path.join(home, name), { recursive: true, force: true, maxRetries: 2 })
    } catch {
      // the next one removes it
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

/** Refuses a cluster that these programs cannot open, and says what to do. */
export function checkInitialised({ home }: Placement): void {
  const version = readFileSync(path.join(dataOf(home), 'PG_VERSION'), 'utf8').trim()
  if (version === MAJOR_VERSION) return
  throw new Error(
    `The database in ${home} was made by PostgreSQL ${version}, and this is PostgreSQL ${MAJOR_VERSION}. ` +
      `Dump it with the old version and restore it, or empty it: npm run db:reset`,
  )
}

/** The file with the password of the cluster's user. */
export const passwordFileOf = (home: string): string => path.join(home, 'password')

/** The password of the cluster's user. */
export function passwordOf({ home }: Placement): string {
  try {
    return readFileSync(passwordFileOf(home), 'utf8').trim()
  } catch (error) {
    throw new Error(
      `The password of the database in ${home} cannot be read. Put it back, or run npm run db:reset.`,
      {
        cause: error,
      },
    )
  }
}
