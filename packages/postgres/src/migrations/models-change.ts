import { existsSync, readFileSync } from 'node:fs'
import pg from 'pg'
import { externalTablesOf } from '../external-tables.ts'
import type { History } from '../project.ts'
import { withEngine } from '../schema-engine/engine.ts'

/** Returns the SQL that changes a migrated database to the models of a history. Empty when they agree, or without models. */
export async function modelsChangeOf(connection: pg.Client, { name, models }: History): Promise<string> {
  if (!existsSync(models)) return ''
  const files = [{ path: models, content: readFileSync(models, 'utf8') }]
  await connection.query(`SET search_path TO ${pg.escapeIdentifier(name)}`) // so that defaults name what is in it without it
  const { exitCode, stdout } = await withEngine(connection, name, (engine) =>
    engine.diff({
      from: { tag: 'schemaDatasource', files, configDir: '' }, // what the connection is to
      to: { tag: 'schemaDatamodel', files },
      script: true,
      exitCode: true,
      filters: { externalTables: externalTablesOf(name), externalEnums: [] },
    }),
  )
  return exitCode === 0 ? '' : (stdout ?? '').trim()
}
