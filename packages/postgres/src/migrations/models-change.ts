import { existsSync, readFileSync } from 'node:fs'
import pg from 'pg'
import { type History, LEDGER } from '../project.ts'
import { withEngine } from '../schema-engine/engine.ts'

/**
 * Prisma knows no partitions, and the keys of ledger.entries are on its partitions. So an app's partition takes the place
 * of the whole table for the comparison.
 */
const PARTITION = 'entries_sample'
const withoutPartitions = `
  SELECT set_operations('sample', shared_operations());
  CREATE SCHEMA aside;
  ALTER TABLE entries SET SCHEMA aside;
  CREATE TABLE entries (LIKE ${PARTITION} INCLUDING DEFAULTS INCLUDING INDEXES)`

/**
 * Returns the SQL that changes a migrated database to the models of a history. Empty when they agree, or without models.
 * The ledger is compared before it has an app. Nothing of the comparison stays.
 */
export async function modelsChangeOf(connection: pg.Client, { name, models }: History): Promise<string> {
  if (!existsSync(models)) return ''
  const files = [{ path: models, content: readFileSync(models, 'utf8') }]
  // The search path lets defaults name what is in the schema without it.
  await connection.query(`BEGIN; SET LOCAL search_path TO ${pg.escapeIdentifier(name)}`)
  try {
    if (name === LEDGER) await connection.query(withoutPartitions)
    const externalTables = name === LEDGER ? [`${LEDGER}.${PARTITION}`] : []
    const { exitCode, stdout } = await withEngine(connection, name, (engine) =>
      engine.diff({
        from: { tag: 'schemaDatasource', files, configDir: '' }, // what the connection is to
        to: { tag: 'schemaDatamodel', files },
        script: true,
        exitCode: true,
        filters: { externalTables, externalEnums: [] },
      }),
    )
    return exitCode === 0 ? '' : (stdout ?? '').trim()
  } finally {
    await connection.query('ROLLBACK')
  }
}
