import path from 'node:path'
import { addressOf, attachEmbeddedPostgres, codeOf, parseDatabaseUrl } from '@shared-ledger/postgres'
import { say } from './command.ts'

/** The database that a command works on. */
export interface OpenDatabase {
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
export async function openDatabase(root: string): Promise<OpenDatabase> {
  const url = process.env.DATABASE_URL
  if (url) {
    parseDatabaseUrl(url)
    return { url, close: async () => {} }
  }
  const server = await attachEmbeddedPostgres({ directory: embeddedDirectoryOf(root), log: say })
  return { url: server.url(DATABASE), close: () => server.detach() }
}

/** Opens the database, hands its url to `use`, and closes it whatever happens. */
export async function withDatabase<T>(root: string, use: (url: string) => Promise<T>): Promise<T> {
  const database = await openDatabase(root)
  try {
    return await use(database.url)
  } catch (error) {
    throw explainConnection(error, database.url)
  } finally {
    await database.close()
  }
}

const unreachable = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH', 'ECONNRESET']

/** The error, or one that says what to do about a DATABASE_URL that leads nowhere. */
export function explainConnection(error: unknown, url: string): unknown {
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
