import { readFileSync } from 'node:fs'
import {
  closeDatabase,
  hasRole,
  MIGRATING,
  newPassword,
  provisionApp,
  roleOf,
  takeLock,
  withConnection,
  withLogin,
} from '@shared-ledger/postgres'
import type pg from 'pg'
import { loginVariableOf } from './app-logins.ts'
import { withDatabase } from './database.ts'
import { UsageError } from './exit.ts'
import { readGiven } from './files.ts'
import { chooseServers } from './server-processes.ts'
import { say } from './terminal.ts'

interface ProvisionOptions {
  readonly rotate: boolean
  readonly 'password-file'?: string | undefined
  readonly connections?: string | undefined
}

/** Makes or mends the roles of apps. */
export async function provision(
  root: string,
  { positionals, values }: { positionals: string[]; values: ProvisionOptions },
): Promise<number> {
  if (!process.env.DATABASE_URL) {
    throw new Error(
      'npx shared-ledger start makes the roles of the embedded database by itself. For a server of your own, set DATABASE_URL.',
    )
  }
  const apps = chooseServers(root, positionals)
  const file = values['password-file']
  if (file !== undefined && apps.length !== 1) throw new UsageError('A password is for one app: name it.')
  const given = file === undefined ? undefined : passwordIn(file)
  const connections = connectionsOf(values.connections)
  return withDatabase(root, ({ url, directUrl }, signal) =>
    withConnection(directUrl, async (connection) => {
      await takeLock(connection, MIGRATING, { log: say, signal })
      for (const app of apps) {
        await provisionOne(connection, { app, url, given, rotate: values.rotate, connections })
      }
      for (const line of await closeDatabase(connection)) say(line)
      return 0
    }),
  )
}

interface Wanted {
  readonly app: string
  /** Where the app's servers find the database. */
  readonly url: string
  /** The password of the user's own. */
  readonly given: string | undefined
  readonly rotate: boolean
  readonly connections: number | undefined
}

async function provisionOne(
  connection: pg.Client,
  { app, url, given, rotate, connections }: Wanted,
): Promise<void> {
  const isNew = !(await hasRole(connection, app))
  const made = given === undefined && (isNew || rotate) ? newPassword() : undefined
  const password = given ?? made
  const left = await provisionApp(connection, {
    app,
    ...(password !== undefined && { password }),
    ...(connections !== undefined && { connections }),
  })
  const what = isNew ? 'made, with its rights and limits' : 'its rights and limits are correct'
  say(`${roleOf(app)}: ${what}; ${password === undefined ? 'its password stays' : 'its password is new'}.`)
  if (made !== undefined) {
    say('The login of the app, which is shown only once:')
    say(`${loginVariableOf(app)}=${withLogin(url, { user: roleOf(app), password: made })}`)
  }
  for (const line of left) say(line)
}

/** Returns the password in a file, or from standard input. @throws Error that names the file */
function passwordIn(file: string): string {
  const password = (file === '-' ? readFileSync(0, 'utf8') : readGiven(file, (text) => text)).trim()
  if (password) return password
  throw new Error(`There is no password in ${file === '-' ? 'standard input' : file}.`)
}

/** @throws UsageError for an invalid number of connections */
function connectionsOf(given: string | undefined): number | undefined {
  if (given === undefined) return undefined
  const connections = Number(given)
  if (/^\d+$/.test(given) && connections >= 1 && connections <= 100_000) return connections
  throw new UsageError(`--connections must be a whole number from 1 to 100000, not ${JSON.stringify(given)}.`)
}
