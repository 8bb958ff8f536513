import { existsSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type pg from 'pg'
import { appOf } from '../project.ts'
import { type BooksOf, newBooksOf } from './books.ts'

/** An app's operations, which of them are retired, and the book of each that does not have the app's own. */
interface Declaration {
  readonly operations: readonly string[]
  readonly retired: readonly string[]
  readonly books: BooksOf
}

/** The operations of an app's operations.ts, and how they differ from the operations that its migrations declare. */
export interface OperationsChange extends Declaration {
  readonly added: readonly string[]
  readonly dropped: readonly string[]
  readonly newlyRetired: readonly string[]
  /** The operations that were retired and are posted again. */
  readonly unretired: readonly string[]
  /** The operations that get another book. */
  readonly moved: readonly string[]
  /** The books that the app makes. */
  readonly newBooks: readonly string[]
}

/**
 * Compares an app's operations.ts with the operations that its migrations declare. Returns undefined when they agree.
 *
 * @throws Error for a book of another app that is not shared with this one
 */
export async function operationsChangeOf(
  connection: pg.Client,
  { root, app }: { root: string; app: string },
): Promise<OperationsChange | undefined> {
  const wanted = await wantedOperationsOf(root, app)
  const declared = await declaredOperationsOf(connection, app)
  const dropped = without(declared.operations, wanted.operations)
  const kept = without(declared.operations, dropped)
  const change = {
    added: without(wanted.operations, declared.operations),
    dropped,
    newlyRetired: without(wanted.retired, declared.retired),
    unretired: without(declared.retired, [...wanted.retired, ...dropped]),
    moved: kept.filter((name) => (wanted.books[name] ?? app) !== (declared.books[name] ?? app)),
    newBooks: await newBooksOf(connection, { root, app, books: wanted.books }),
  }
  return Object.values(change).every(({ length }) => length === 0) ? undefined : { ...wanted, ...change }
}

/** Returns the change in words: "adds CONTENT_BOOST; retires CONTENT_ACCESS". */
export function describeOperations(change: OperationsChange): string {
  const { added, newlyRetired, unretired, dropped, moved, newBooks, books } = change
  return [
    newBooks.length > 0 && `makes the book ${newBooks.join(', ')}`,
    added.length > 0 && `adds ${added.join(', ')}`,
    newlyRetired.length > 0 && `retires ${newlyRetired.join(', ')}`,
    unretired.length > 0 && `posts ${unretired.join(', ')} again`,
    ...moved.map((name) => `gives ${name} ${books[name] ? `the book ${books[name]}` : "the app's own book"}`),
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
    retired: definitions
      .filter(([, definition]) => fieldOf(definition, 'retired') === true)
      .map(([name]) => name),
    books: Object.fromEntries(
      definitions.flatMap(([name, definition]) => {
        const book = fieldOf(definition, 'book')
        return typeof book === 'string' && book !== app ? [[name, book]] : []
      }),
    ),
  }
}

function fieldOf(definition: unknown, name: string): unknown {
  return typeof definition === 'object' && definition !== null ? Reflect.get(definition, name) : undefined
}

async function declaredOperationsOf(connection: pg.Client, app: string): Promise<Declaration> {
  const { rows } = await connection.query<Declaration>(
    'SELECT operations, retired, books FROM ledger.apps WHERE app = $1',
    [app],
  )
  return rows[0] ?? { operations: [], retired: [], books: {} }
}
