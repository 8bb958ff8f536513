import { databaseOf } from '@shared-ledger/ledger/session'
import pg from 'pg'
import { withConnection } from './connection.ts'
import { withDatabase } from './database-url.ts'
import { codeOf } from './errors.ts'

/** Creates the url's database if it is missing. It looks first, because creating needs a right that using it does not. */
export async function ensureDatabase(url: string): Promise<void> {
  if (await exists(url)) return
  try {
    await createDatabase(withDatabase(url, 'postgres'), databaseOf(url))
  } catch (error) {
    // Another process was faster, either before us (42P04) or at the same time (23505).
    if (codeOf(error) !== '42P04' && codeOf(error) !== '23505') throw error
  }
}

/** Creates a database on the server of the url, which opens another database. */
export async function createDatabase(url: string, database: string): Promise<void> {
  const statement = `CREATE DATABASE ${pg.escapeIdentifier(database)}`
  await withConnection(url, (connection) => connection.query(statement))
}

/** Drops a database and closes its connections, on the server of the url, which opens another database. */
export async function dropDatabase(url: string, database: string): Promise<void> {
  const statement = `DROP DATABASE IF EXISTS ${pg.escapeIdentifier(database)} WITH (FORCE)`
  await withConnection(url, (connection) => connection.query(statement))
}

/**
 * Returns a url on the same server from which databases can be created and dropped: the same database, or `postgres`
 * when that is missing.
 */
async function maintenanceUrl(url: string): Promise<string> {
  return (await exists(url)) ? url : withDatabase(url, 'postgres')
}

/** Passes a new, empty database on the url's server to `use`, and drops it in any case. */
export async function withScratchDatabase<T>(url: string, use: (scratch: string) => Promise<T>): Promise<T> {
  const maintenance = await maintenanceUrl(url)
  const database = `shared_ledger_scratch_${crypto.randomUUID()}`
  await createDatabase(maintenance, database)
  try {
    return await use(withDatabase(url, database))
  } finally {
    await dropDatabase(maintenance, database)
  }
}

async function exists(url: string): Promise<boolean> {
  try {
    await withConnection(url, (connection) => connection.query('SELECT'))
    return true
  } catch (error) {
    if (codeOf(error) === '3D000') return false
    throw error
  }
}
