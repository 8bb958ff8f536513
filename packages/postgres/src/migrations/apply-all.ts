import { readFileSync } from 'node:fs'
import pg from 'pg'
import { messageOf } from '../errors.ts'
import { type History, migrationsOf, scriptOf } from '../project.ts'

/**
 * Runs all migrations of a history on a scratch database, without Prisma, which takes seconds for it. The history's
 * schema is the first of the search path from then on.
 */
export async function applyAll(connection: pg.Client, history: History): Promise<void> {
  const schema = pg.escapeIdentifier(history.name)
  await connection.query(`CREATE SCHEMA IF NOT EXISTS ${schema}; SET search_path TO ${schema}`)
  for (const name of migrationsOf(history)) {
    const script = scriptOf(history, name)
    try {
      await connection.query(readFileSync(script, 'utf8'))
    } catch (error) {
      throw new Error(`The migration ${script} fails on an empty database: ${messageOf(error)}`, {
        cause: error,
      })
    }
  }
}
