import pg from 'pg'
import { withConnection } from '../connection.ts'
import { parseDatabaseUrl, withoutPrismaParameters } from '../database-url.ts'

/** The PostgreSQL schema that the url names (`?schema=`), as Prisma reads it. */
export function schemaOf(url: string): string {
  return parseDatabaseUrl(url).searchParams.get('schema') || 'public'
}

/** A pool of one connection, on which unqualified names mean the url's schema. */
export function createPool(url: string): pg.Pool {
  const plain = new URL(withoutPrismaParameters(url))
  const searchPath = `-c search_path=${escapeOption(pg.escapeIdentifier(schemaOf(url)))}`
  const options = [plain.searchParams.get('options'), searchPath].filter(Boolean).join(' ')
  plain.searchParams.delete('options') // pg would let the url's win over ours
  const pool = new pg.Pool({
    connectionString: plain.toString(),
    options,
    max: 1,
    connectionTimeoutMillis: 15_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  })
  // A connection that is lost while nobody uses it must not end the process: the next query tells its caller.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

/** Makes the url's schema where it is missing; asks first, since making needs a right that using does not. */
export async function createSchema(url: string): Promise<void> {
  const schema = schemaOf(url)
  await withConnection(url, async (connection) => {
    const found = await connection.query('SELECT FROM pg_namespace WHERE nspname = $1', [schema])
    if (found.rowCount === 0)
      await connection.query(`CREATE SCHEMA IF NOT EXISTS ${pg.escapeIdentifier(schema)}`)
  })
}

// In a connection's options a space separates and a backslash escapes.
function escapeOption(value: string): string {
  return value.replace(/[\\ ]/g, '\\$&')
}
