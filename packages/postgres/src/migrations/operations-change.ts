import { existsSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { withConnection } from '../connection.ts'
import { withScratchDatabase } from '../databases.ts'
import { appOf, historyOf, LEDGER } from '../project.ts'
import { applyAll } from './apply-all.ts'

/** An app's operations, and which of them are retired. */
interface Declaration {
  readonly operations: readonly string[]
  readonly retired: readonly string[]
}

/** What an app's operations.ts says, and how that differs from what its migrations declare. */
export interface OperationsChange extends Declaration {
  readonly added: readonly string[]
  readonly dropped: readonly string[]
  readonly newlyRetired: readonly string[]
  /** Those that are posted again. */
  readonly unretired: readonly string[]
}

/** Compares the app's operations.ts with its migrations, which are applied to a scratch database on the server. */
export async function operationsChangeOf(
  app: string,
  { root, serverUrl }: { root: string; serverUrl: string },
): Promise<OperationsChange> {
  const wanted = await wantedOperationsOf(root, app)
  const declared = await withScratchDatabase(serverUrl, (scratch) => declaredOperationsOf(root, app, scratch))
  const dropped = without(declared.operations, wanted.operations)
  return {
    ...wanted,
    added: without(wanted.operations, declared.operations),
    dropped,
    newlyRetired: without(wanted.retired, declared.retired),
    unretired: without(declared.retired, [...wanted.retired, ...dropped]),
  }
}

function without(names: readonly string[], others: readonly string[]): string[] {
  return names.filter((name) => !others.includes(name))
}

async function wantedOperationsOf(root: string, app: string): Promise<Declaration> {
  const { operations: module } = appOf(root, app)
  const file = path.relative(root, module)
  if (!existsSync(module)) {
    throw new Error(
      `${file} is missing. It exports the app's operations: export const operations = defineOperations({…})`,
    )
  }
  const loaded: unknown = await import(pathToFileURL(module).href)
  const operations: unknown =
    typeof loaded === 'object' && loaded !== null ? Reflect.get(loaded, 'operations') : undefined
  if (typeof operations !== 'object' || operations === null) {
    throw new Error(
      `${file} does not export "operations". Write: export const operations = defineOperations({…})`,
    )
  }
  const definitions: [string, unknown][] = Object.entries(operations)
  return {
    operations: definitions.map(([name]) => name),
    retired: definitions.filter(([, definition]) => isRetired(definition)).map(([name]) => name),
  }
}

function isRetired(definition: unknown): boolean {
  return typeof definition === 'object' && definition !== null && Reflect.get(definition, 'retired') === true
}

async function declaredOperationsOf(root: string, app: string, scratch: string): Promise<Declaration> {
  return withConnection(scratch, async (connection) => {
    for (const name of [LEDGER, app]) await applyAll(connection, historyOf(root, name))
    const { rows } = await connection.query<Declaration>(
      'SELECT operations, retired FROM ledger.apps WHERE app = $1',
      [app],
    )
    return rows[0] ?? { operations: [], retired: [] }
  })
}
