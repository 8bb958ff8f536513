import { createLedger, createPool } from '@shared-ledger/ledger'
import { createTestDatabase } from '@shared-ledger/postgres/testing'
import pg from 'pg'
import { afterAll } from 'vitest'
import { allOperations } from './build-schema.ts'

/**
 * Opens the ledger of the app "games", whose operations use everything that a graph can have, on a database of this
 * test file, with a superuser's connection.
 */
export async function openGames() {
  const database = await createTestDatabase()
  const sql = new pg.Client({ connectionString: database.url })
  await sql.connect()
  await sql.query('SELECT ledger.set_operations($1, $2)', ['games', Object.keys(allOperations)])
  const pool = createPool(database.url)
  const ledger = createLedger({ app: 'games', operations: allOperations, pool })
  afterAll(async () => {
    await sql.end()
    await ledger.close()
    await pool.end()
    await database.drop()
  })
  return { database, sql, pool, ledger }
}
