import { existsSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type pg from 'pg'
import { appOf } from '../project.ts'

/** An app's operations, and which of them are retired. */
interface Declaration {
  readonly operations: readonly string[]
  readonly retired: readonly string[]
}

/** The operations of an app's operations.ts, and how they differ from the operations that its migrations declare. */
export interface OperationsChange extends Declaration {
  readonly added: readonly string[]
  readonly dropped: readonly string[]
  readonly newlyRetired: readonly string[]
  /** The operations that were retired and are posted again. */
  readonly unretired: readonly string[]
}

/** Compares an app's operations.ts with the operations that its migrations declare. Returns undefined when they agree. */
export async function operationsChangeOf(
  connection: pg.Client,
  { root, app }: { root: string; app: string },
): Promise<OperationsChange | undefined> {
  const wanted = await wantedOperationsOf(root, app)
  const declared = await declaredOperationsOf(connection, app)
  const dropped = without(declared.operations, wanted.operations)
  const change = {
    added: without(wanted.operations, declared.operations),
    dropped,
    newlyRetired: without(wanted.retired, declared.retired),
    unretired: without(declared.retired, [...wanted.retired, ...dropped]),
  }
  return Object.values(change).every(({ length }) => length === 0) ? undefined : { ...wanted, ...change }
}

/** Returns the change in words: "adds CONTENT_BOOST; retires CONTENT_ACCESS". */
export function describeOperations({ added, newlyRetired, unretired, dropped }: OperationsChange): string {
  return [
    added.length > 0 && `adds ${added.join(', ')}`,
    newlyRetired.length > 0 && `retires ${newlyRetired.join(', ')}`,
    unretired.length > 0 && `posts ${unretired.join(', ')} again`,
    dropped.length > 0 && `drops ${dropped.join(', ')}`,
  ]
    .filter(Boolean)
    .join('; ')
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

async function declaredOperationsOf(connection: pg.Client, app: string): Promise<Declaration> {
  const { rows } = await connection.query<Declaration>(
    'SELECT operations, retired FROM ledger.apps WHERE app = $1',
    [app],
  )
  return rows[0] ?? { operations: [], retired: [] }
}
