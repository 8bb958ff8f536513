import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import pg from 'pg'
import { type History, historyOf, LEDGER, migrationsOf, scriptOf } from '../project.ts'
import { chooseHistory } from './choose-apps.ts'
import { driftOf } from './drift.ts'
import { type OperationsChange, operationsChangeOf } from './operations-change.ts'

export interface NewMigrationOptions {
  /** The project's root. */
  readonly root: string
  /** An app's name, or "ledger". */
  readonly history: string
  /** What the migration does, in lower case with underscores: "add_boost". */
  readonly name: string
  /** A database on a server where shadow databases may be made; the database itself is neither read nor changed. */
  readonly serverUrl: string
}

/**
 * Writes the next migration of an app: what its schema.prisma and its operations.ts say and its migrations do not yet.
 * Answers the file, or undefined, with nothing written, when there is no difference. Runs no migration on any database
 * that holds something.
 *
 * @throws when the app or the name is not one, or when the migrations so far fail on an empty database.
 */
export async function writeNewMigration(options: NewMigrationOptions): Promise<string | undefined> {
  const { root, name, serverUrl } = options
  const history = historyOf(root, chooseHistory(root, options.history))
  checkName(name)
  const operations =
    history.name === LEDGER ? undefined : await operationsChangeOf(history.name, { root, serverUrl })
  const models = await driftOf(history, { root, serverUrl })
  const script = [models, operations && declarationOf(history.name, operations)].filter(Boolean).join('\n\n')
  if (script === '') return undefined
  return write(history, name, `${script}\n`)
}

function checkName(name: string): void {
  if (/^[a-z][a-z0-9_]{0,59}$/.test(name)) return
  throw new Error(
    `"${name}" is not a migration's name. Use lower-case letters, digits and underscores, from a letter on, ` +
      'at most 60: add_boost',
  )
}

function declarationOf(app: string, { operations, added, dropped }: OperationsChange): string | undefined {
  if (added.length === 0 && dropped.length === 0) return undefined
  const changes = [
    ...(added.length > 0 ? [`adds ${added.join(', ')}`] : []),
    ...(dropped.length > 0 ? [`drops ${dropped.join(', ')}`] : []),
  ]
  const list = operations.map((operation) => `  ${pg.escapeLiteral(operation)}`).join(',\n')
  return (
    `-- The app's operations, from apps/${app}/src/operations.ts: ${changes.join('; ')}.\n` +
    `SELECT ledger.set_operations(${pg.escapeLiteral(app)}, ARRAY[\n${list}\n]);`
  )
}

function write(history: History, name: string, script: string): string {
  const migration = `${timestampAfter(migrationsOf(history).at(-1))}_${name}`
  const file = scriptOf(history, migration)
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, script)
  const lock = path.join(history.migrations, 'migration_lock.toml')
  if (!existsSync(lock)) writeFileSync(lock, '# Prisma reads this file.\nprovider = "postgresql"\n')
  return file
}

// Migrations run in the order of their names, so the new one must come after the last, whatever the clock says.
function timestampAfter(last: string | undefined): string {
  const now = new Date().toISOString().replace(/\D/g, '').slice(0, 14)
  const before = /^\d{14}/.exec(last ?? '')?.[0]
  return before === undefined || now > before ? now : String(BigInt(before) + 1n)
}
