import { commandBounds, connectionTo } from '@shared-ledger/ledger/session'
import pg from 'pg'
import { withConnection } from '../connection.ts'
import { schemaOf } from '../database-url.ts'

/** A pool of one connection, on which unqualified names mean the url's schema. */
export function createPool(url: string): pg.Pool {
  const settings = { ...commandBounds, search_path: pg.escapeIdentifier(schemaOf(url)) }
  const pool = new pg.Pool({
    ...connectionTo(url, settings),
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
