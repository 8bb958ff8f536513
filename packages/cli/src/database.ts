import path from 'node:path'
import { addressOf, attachEmbeddedPostgres, codeOf, parseDatabaseUrl } from '@shared-ledger/postgres'
import { say } from './command.ts'
import { onStopSignals } from './stop-signals.ts'

/** The database that a command works on. */
interface OpenDatabase {
  readonly url: string
  /** Lets go of the embedded server; nothing for a server of the user's own. */
  close(): Promise<void>
}

const DATABASE = 'shared_ledger'

/** Where the embedded database of a project is. */
export function embeddedDirectoryOf(root: string): string {
  return path.join(root, '.data', 'postgres')
}

/** The database of `DATABASE_URL`, or the embedded one, which is started where it does not run. */
async function openDatabase(root: string): Promise<OpenDatabase> {
  const url = process.env.DATABASE_URL
  if (url) {
    parseDatabaseUrl(url)
    return { url, close: async () => {} }
  }
  const server = await attachEmbeddedPostgres({ directory: embeddedDirectoryOf(root), log: say })
  return { url: server.url(DATABASE), close: () => server.detach() }
}

/** The exit code of a command that was stopped, as shells have it for Ctrl+C. */
const STOPPED = 130

/**
 * Opens the database, hands its url to `use`, and closes it whatever happens, also when the command is stopped by a signal:
 * `use` then ends what it must not leave half done. Answers the exit code.
 */
export async function withDatabase(
  root: string,
  use: (url: string, stopped: AbortSignal) => Promise<number>,
): Promise<number> {
  const stopped = abortedBySignals()
  let database: OpenDatabase | undefined
  try {
    database = await openDatabase(root)
    stopped.throwIfAborted()
    return await use(database.url, stopped)
  } catch (error) {
    if (database === undefined) {
      if (stopped.aborted) return STOPPED // Ctrl+C also ends the initdb that we wait for
      throw error
    }
    if (stopped.aborted && error instanceof Error && error.name === 'AbortError') return STOPPED
    throw explainConnection(error, database.url)
  } finally {
    await database?.close()
  }
}

function abortedBySignals(): AbortSignal {
  const controller = new AbortController()
  onStopSignals({
    stop() {
      say('Stopping …')
      controller.abort()
    },
    force() {
      const left = 'PostgreSQL may still run. The next npm start finds it, and stops it at its own end.'
      say(process.env.DATABASE_URL ? 'Ended at once.' : `Ended at once: ${left}`)
      process.exit(STOPPED)
    },
  })
  return controller.signal
}

const unreachable = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH', 'ECONNRESET']

/** The error, or one that says what to do about a DATABASE_URL that leads nowhere. */
function explainConnection(error: unknown, url: string): unknown {
  const code = codeOf(error)
  if (code !== undefined && unreachable.includes(code)) {
    const advice = 'Start it, correct DATABASE_URL, or remove DATABASE_URL to use the embedded database.'
    return new Error(`No PostgreSQL answers at ${addressOf(url)} (${code}). ${advice}`, { cause: error })
  }
  if (code === '28P01' || code === '28000') {
    const advice = 'Correct the user and the password in DATABASE_URL.'
    return new Error(`PostgreSQL at ${addressOf(url)} refuses the user of DATABASE_URL. ${advice}`, {
      cause: error,
    })
  }
  return error
}
