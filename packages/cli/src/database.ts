import path from 'node:path'
import { addressOf, readDatabaseUrl } from '@shared-ledger/ledger/session'
import { attachEmbeddedPostgres, codeOf, makeAppLogins, messageOf } from '@shared-ledger/postgres'
import { type AppLogin, appLoginOf } from './app-logins.ts'
import { exitCodes } from './exit.ts'
import { onStopSignals } from './stop-signals.ts'
import { say } from './terminal.ts'

/** The database that a command works on. */
export interface Database {
  /** The url for the apps' servers, perhaps of a pooler. */
  readonly url: string
  /** The url of PostgreSQL itself, for commands: `DIRECT_DATABASE_URL` if it is set. */
  readonly directUrl: string
  /** Returns how the processes of each app log in. Call it after the migrations have run. */
  loginsOf(apps: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, AppLogin>>
}

interface OpenDatabase extends Database {
  /** The variable that `directUrl` comes from. */
  readonly variable: string
  /** Gives up the lease of the embedded server. Does nothing for a server of the user's own. */
  close(): Promise<void>
}

type Log = (line: string) => void

const DATABASE = 'shared_ledger'

/** Returns the folder of a project's embedded database. */
export function embeddedDirectoryOf(root: string): string {
  return path.join(root, '.data', 'postgres')
}

/**
 * Returns the database in `DATABASE_URL`, or the embedded one, and starts that if needed. @throws Error for an invalid
 * url
 */
async function openDatabase(root: string, log: Log): Promise<OpenDatabase> {
  const { DATABASE_URL: url, DIRECT_DATABASE_URL: direct } = process.env
  if (url) {
    const [variable, directUrl] = direct ? ['DIRECT_DATABASE_URL', direct] : ['DATABASE_URL', url]
    readDatabaseUrl(url)
    readDatabaseUrl(directUrl, variable)
    return { url, directUrl, variable, loginsOf: givenLogins, close: async () => {} }
  }
  if (direct) throw new Error('DIRECT_DATABASE_URL is set, and DATABASE_URL is not. Set both, or neither.')
  const server = await attachEmbeddedPostgres({ directory: embeddedDirectoryOf(root), log })
  const own = server.url(DATABASE)
  return {
    url: own,
    directUrl: own,
    variable: 'DATABASE_URL',
    async loginsOf(apps, signal) {
      const urls = await makeAppLogins({ home: server.home, url: own, apps, log, signal })
      return new Map(Array.from(urls, ([app, url]) => [app, { url }]))
    },
    close: () => server.detach(),
  }
}

async function givenLogins(apps: readonly string[]): Promise<ReadonlyMap<string, AppLogin>> {
  return new Map(apps.map((app) => [app, appLoginOf(app, process.env)]))
}

/**
 * Opens the database, calls `use`, and closes the database in any case, also when a signal stops the command. `use`
 * then finishes what must not be left half done. Returns the exit code.
 *
 * @param log Prints what an embedded database does meanwhile. A command whose output is for a program gives `note`.
 */
export async function withDatabase(
  root: string,
  use: (database: Database, stopped: AbortSignal) => Promise<number>,
  { log = say }: { readonly log?: Log } = {},
): Promise<number> {
  const stopped = abortedBySignals(log)
  let database: OpenDatabase | undefined
  try {
    database = await openDatabase(root, log)
    stopped.throwIfAborted()
    return await use(database, stopped)
  } catch (error) {
    if (database === undefined) {
      if (stopped.aborted) return exitCodes.interrupted // Ctrl+C also ends the initdb that this waits for
      throw error
    }
    if (stopped.aborted && error instanceof Error && error.name === 'AbortError') return exitCodes.interrupted
    throw explainConnection(error, database)
  } finally {
    await database?.close()
  }
}

function abortedBySignals(log: Log): AbortSignal {
  const controller = new AbortController()
  onStopSignals({
    stop() {
      log('Stopping …')
      controller.abort()
    },
    force() {
      const left = 'PostgreSQL may still run. The next start finds it, and stops it at its own end.'
      log(process.env.DATABASE_URL ? 'Ended at once.' : `Ended at once: ${left}`)
      process.exit(exitCodes.interrupted)
    },
  })
  return controller.signal
}

const unreachable = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH', 'ECONNRESET']

// A missing Unix socket is an ENOENT, like a missing file.
function isUnreachable(error: unknown): boolean {
  return unreachable.includes(codeOf(error) ?? '') || messageOf(error).startsWith('connect E')
}

/** Returns the error, or an error that says what to do about a url that leads nowhere. */
function explainConnection(error: unknown, { directUrl, variable }: OpenDatabase): unknown {
  const code = codeOf(error)
  if (isUnreachable(error)) {
    const advice = `Start it, correct ${variable}, or remove DATABASE_URL to use the embedded database.`
    return new Error(`No PostgreSQL answers at ${addressOf(directUrl)} (${code}). ${advice}`, {
      cause: error,
    })
  }
  if (code === '28P01' || code === '28000') {
    const advice = `Correct the user and the password in ${variable}.`
    return new Error(`PostgreSQL at ${addressOf(directUrl)} refuses the user of ${variable}. ${advice}`, {
      cause: error,
    })
  }
  return error
}
