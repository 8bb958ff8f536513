import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import pg from 'pg'
import { messageOf, withConnection } from '../connection.ts'
import { withScratchDatabase } from '../databases.ts'
import { type History, historyOf, LEDGER, migrationsOf, scriptOf } from '../project.ts'

/** What an app's operations.ts says, and what its migrations declare. */
export interface OperationsChange {
  readonly operations: readonly string[]
  readonly added: readonly string[]
  readonly dropped: readonly string[]
}

/** Compares the app's operations.ts with its migrations, which are applied to a scratch database on the server. */
export async function operationsChangeOf(
  app: string,
  { root, serverUrl }: { root: string; serverUrl: string },
): Promise<OperationsChange> {
  const operations = await operationsOf(root, app)
  const declared = await withScratchDatabase(serverUrl, (scratch) => declaredOperationsOf(root, app, scratch))
  return {
    operations,
    added: operations.filter((name) => !declared.includes(name)),
    dropped: declared.filter((name) => !operations.includes(name)),
  }
}

async function operationsOf(root: string, app: string): Promise<string[]> {
  const file = path.join('apps', app, 'src', 'operations.ts')
  if (!existsSync(path.join(root, file))) {
    throw new Error(
      `${file} is missing. It exports the app's operations: export const operations = defineOperations({…})`,
    )
  }
  const loaded: unknown = await import(pathToFileURL(path.join(root, file)).href)
  const operations: unknown =
    typeof loaded === 'object' && loaded !== null ? Reflect.get(loaded, 'operations') : undefined
  if (typeof operations !== 'object' || operations === null) {
    throw new Error(
      `${file} does not export "operations". Write: export const operations = defineOperations({…})`,
    )
  }
  return Object.keys(operations)
}

async function declaredOperationsOf(root: string, app: string, scratch: string): Promise<string[]> {
  return withConnection(scratch, async (connection) => {
    for (const name of [LEDGER, app]) await applyAll(connection, historyOf(root, name))
    const { rows } = await connection.query<{ operations: string[] }>(
      'SELECT operations FROM ledger.apps WHERE app = $1',
      [app],
    )
    return rows[0]?.operations ?? []
  })
}

async function applyAll(connection: pg.Client, history: History): Promise<void> {
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
