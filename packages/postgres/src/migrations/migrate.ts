import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type pg from 'pg'
import { withConnection } from '../connection.ts'
import { ensureDatabase } from '../databases.ts'
import { type History, historyOf, LEDGER, scriptOf } from '../project.ts'
import { markRolledBack, prepareHistory, progressOf } from './applied.ts'
import { cancelWhen } from './cancel.ts'
import { chooseApps } from './choose-apps.ts'
import { takeMigrationLocks } from './locks.ts'
import { runScript, ScriptFailure } from './run-script.ts'
import { settle, titleOf } from './settle.ts'

export interface MigrateOptions {
  readonly databaseUrl: string
  /** The project's root. */
  readonly root: string
  /** The apps to migrate; all of them when left out. The ledger is always migrated first. */
  readonly apps?: readonly string[]
  /** Gets lines that tell a person what happens. */
  readonly log: (line: string) => void
  /** Cancels the migration that runs, and ends the call with an AbortError. */
  readonly signal?: AbortSignal
}

/**
 * Brings a database up to date: creates it where it is missing, then runs the pending migrations of the ledger and of
 * the apps, each in its own PostgreSQL schema, with its row in that schema's `_prisma_migrations`, as Prisma keeps it.
 * Several processes may do this at the same time; they queue. Roles of apps have their rights as before, on what is new
 * as well. Without pending migrations it asks two questions per history and ends.
 *
 * @throws when a migration fails, naming it with PostgreSQL's message. The failed migration changed nothing, unless its
 *   script commits by itself; those before it stay, and the next call runs it again.
 */
export async function migrate(options: MigrateOptions): Promise<void> {
  const { databaseUrl, root, apps, log, signal } = options
  const histories = [LEDGER, ...chooseApps(root, apps)].map((name) => historyOf(root, name))
  await ensureDatabase(databaseUrl)
  try {
    await withConnection(databaseUrl, async (connection) => {
      await takeMigrationLocks(connection, options)
      for (const history of histories) await deploy(connection, history, options)
    })
  } catch (error) {
    if (!(error instanceof ScriptFailure)) throw error
    const explanation = await settle(error, options)
    if (explanation === undefined) return migrate(options)
    if (!signal?.aborted) throw new Error(explanation.join('\n'), { cause: error })
    log(explanation[0])
    throw signal.reason
  }
}

async function deploy(connection: pg.Client, history: History, options: MigrateOptions): Promise<void> {
  const { log, signal } = options
  const { pending, unfinished, edited } = await progressOf(connection, history)
  for (const name of edited) {
    log(
      `WARNING: the migration ${name} of ${titleOf(history)} was modified after it was applied. The change has not run ` +
        'here: put it into a new migration, and restore the file.',
    )
  }
  if (pending.length === 0) return
  await prepareHistory(connection, history)
  if (unfinished.length > 0) await markRolledBack(connection, history)
  log(`Migrating ${titleOf(history)}: ${pending.join(', ')} …`)
  for (const name of pending) {
    const script = readFileSync(scriptOf(history, name), 'utf8')
    const afterwards = name === pending.at(-1) ? grants : ''
    await cancelWhen(signal, { connection, databaseUrl: options.databaseUrl }, () =>
      runScript(connection, { history, name, script, id: randomUUID(), afterwards }),
    )
  }
}

const grants = `
  DO $$ BEGIN
    IF to_regproc('ledger.grant_apps') IS NOT NULL THEN PERFORM ledger.grant_apps(); END IF;
  END $$`
