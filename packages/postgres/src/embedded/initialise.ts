import { randomBytes } from 'node:crypto'
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { programOf } from './binaries.ts'
import { dataOf, type Placement } from './placement.ts'
import { runProgram } from './run-program.ts'

/** The database user that owns everything in an embedded server. */
export const DATABASE_USER = 'ledger'

/** What every embedded server has: UTF-8, and an order of text that no operating system changes. */
const initdbOptions = [
  '--encoding=UTF8',
  '--locale=C',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--auth=scram-sha-256',
  '--no-instructions',
  '--set=timezone=UTC',
]

const MAJOR_VERSION = '18'

export interface InitialiseOptions {
  readonly databaseUser?: string
  /** Leaves out waiting for the disk: for servers that live as long as a test run. */
  readonly temporary?: boolean
}

/** Whether the folder holds a finished database cluster. */
export function isInitialised({ home }: Pick<Placement, 'home'>): boolean {
  return existsSync(path.join(dataOf(home), 'PG_VERSION'))
}

/** Makes the database cluster. What a start that was killed half-way left is thrown away first. */
export async function initialise(placement: Placement, options: InitialiseOptions = {}): Promise<void> {
  const { home, programs, user } = placement
  const unfinished = path.join(home, 'data.unfinished')
  rmSync(unfinished, { recursive: true, force: true })
  mkdirSync(unfinished, { mode: 0o700 })
  const data = path.join(unfinished, 'data')
  const passwordFile = path.join(unfinished, 'password')
  const password = randomBytes(24).toString('hex')
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 })
  if (user) for (const made of [unfinished, passwordFile]) chownSync(made, user.uid, user.gid)

  await runProgram(
    programOf(programs, 'initdb'),
    [
      `--pgdata=${data}`,
      `--username=${options.databaseUser ?? DATABASE_USER}`,
      `--pwfile=${passwordFile}`,
      ...initdbOptions,
      ...(options.temporary ? ['--no-sync'] : []),
    ],
    user,
  )
  writeFileSync(passwordFileOf(home), `${password}\n`, { mode: 0o600 })
  renameSync(data, dataOf(home))
  rmSync(unfinished, { recursive: true })
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

const passwordFileOf = (home: string): string => path.join(home, 'password')
