import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import pg from 'pg'
import { appOf, type History, historyOf, LEDGER, migrationsOf, scriptOf } from '../project.ts'
import { withSharers } from './books.ts'
import { checkHistory } from './choose-apps.ts'
import { dropsOf } from './drops.ts'
import { describeOperations, type OperationsChange } from './operations-change.ts'
import { timestampAfter } from './timestamp.ts'
import { findUnwritten } from './unwritten.ts'

export interface NewMigrationOptions {
  /** The project's root. */
  readonly root: string
  /** An app's name, or "ledger". */
  readonly history: string
  /** What the migration does, in lower case with underscores: "add_boost". */
  readonly name: string
  /** A database on a server where shadow databases can be created. The database itself is neither read nor changed. */
  readonly serverUrl: string
  /** Rejects the call with an AbortError. Nothing is written. */
  readonly signal?: AbortSignal
}

/** A migration that was written, but not run. */
export interface NewMigration {
  readonly file: string
  /** The tables and columns that it drops with their contents: `column "contents"."note"`. */
  readonly drops: readonly string[]
  /** The operations that it drops. The database refuses to drop an operation with entries or holds. */
  readonly droppedOperations: readonly string[]
}

/**
 * Writes the next migration of an app: the differences between its migrations and its schema.prisma and operations.ts. For
 * the ledger, prisma/functions takes the place of operations.ts. Returns undefined, and writes nothing, when there is no
 * difference. Runs migrations only on empty scratch databases.
 *
 * @throws when the app or the migration's name is invalid, or when the earlier migrations fail on an empty database
 */
export async function writeNewMigration(options: NewMigrationOptions): Promise<NewMigration | undefined> {
  const { root, name, serverUrl, signal } = options
  checkHistory(root, options.history)
  checkName(name)
  const histories = [options.history]
  const [found] = await findUnwritten({ root, histories, serverUrl, ...(signal && { signal }) })
  signal?.throwIfAborted()
  if (found === undefined) return undefined
  const { history, models, functions, operations } = found
  const drops = dropsOf(models)
  const parts = [
    warningOf(drops),
    models,
    functions,
    operations && declarationOf(root, history.name, operations),
  ]
  const script = parts.filter(Boolean).join('\n\n')
  return {
    file: write(root, history, name, `${script}\n`),
    drops,
    droppedOperations: operations?.dropped ?? [],
  }
}

function warningOf(drops: readonly string[]): string | undefined {
  if (drops.length === 0) return undefined
  return [
    '-- WARNING: this drops what is in',
    ...drops.map((drop) => `--   ${drop}`),
    '-- For a new name alone, write ALTER … RENAME in its place. Copy first what shall stay.',
  ].join('\n')
}

function checkName(name: string): void {
  if (/^[a-z][a-z0-9_]{0,59}$/.test(name)) return
  throw new Error(
    `"${name}" is not a migration's name. Use lower-case letters, digits and underscores, starting with a letter, ` +
      'at most 60: add_boost',
  )
}

function declarationOf(root: string, app: string, change: OperationsChange): string {
  const { operations, retired, dropped, books, newBooks } = change
  const options = [
    retired.length > 0 && `retired => ${arrayOf(retired)}`,
    Object.keys(books).length > 0 && `books => ${pg.escapeLiteral(JSON.stringify(books, null, 2))}`,
  ]
  return [
    `-- The app's operations, from ${path.relative(root, appOf(root, app).operations)}: ${describeOperations(change)}.`,
    ...(dropped.length > 0 ? dropWarning : []),
    ...newBooks.map(
      (book) => `SELECT ledger.make_book(${pg.escapeLiteral(app)}, ${pg.escapeLiteral(book)});`,
    ),
    `SELECT ledger.set_operations(${[pg.escapeLiteral(app), arrayOf(operations), ...options].filter(Boolean).join(', ')});`,
  ].join('\n')
}

const dropWarning = [
  '-- If an operation that this drops has entries or holds, the database refuses this migration. Then delete the',
  '-- migration, put the operation back into operations.ts with retired: true, and have the next one written.',
]

function arrayOf(names: readonly string[]): string {
  return `ARRAY[\n${names.map((name) => `  ${pg.escapeLiteral(name)}`).join(',\n')}\n]`
}

function write(root: string, history: History, name: string, script: string): string {
  // After those that share a book with the app, as migrations of all apps run in the order of their names.
  const before = (history.name === LEDGER ? [] : withSharers(root, [history.name])).map((app) =>
    historyOf(root, app),
  )
  const last = [history, ...before].flatMap(migrationsOf).sort().at(-1)
  const migration = `${timestampAfter(last, new Date())}_${name}`
  const file = scriptOf(history, migration)
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, script)
  const lock = path.join(history.migrations, 'migration_lock.toml')
  if (!existsSync(lock)) writeFileSync(lock, '# Prisma reads this file.\nprovider = "postgresql"\n')
  return file
}
