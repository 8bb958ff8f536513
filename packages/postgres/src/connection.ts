import pg from 'pg'
import { parseDatabaseUrl, withoutPrismaParameters } from './database-url.ts'

/** Opens one connection, hands it to `use`, and closes it whatever happens. */
export async function withConnection<T>(url: string, use: (connection: pg.Client) => Promise<T>): Promise<T> {
  const connection = new pg.Client({
    connectionString: withoutPrismaParameters(url),
    application_name: 'shared-ledger',
    connectionTimeoutMillis: 15_000,
  })
  // A connection that breaks while nothing waits for it has no caller to tell; the next query tells.
  connection.on('error', () => {})
  try {
    await connection.connect()
  } catch (error) {
    await connection.end().catch(() => {})
    throw error
  }
  try {
    return await use(connection)
  } finally {
    await connection.end().catch(() => {})
  }
}

/** The code of a PostgreSQL error ("42P04") or of a system error ("ECONNREFUSED"), where the error has one. */
export function codeOf(error: unknown): string | undefined {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0])
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** An error's message, also for those of Node that have none of their own because several addresses failed. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0)
    return error.errors.map(messageOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}

/** Where a url points, without its password: "127.0.0.1:5432". */
export function addressOf(url: string): string {
  const { hostname, port } = parseDatabaseUrl(url)
  return `${hostname}:${port || 5432}`
}
