import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type pg from 'pg'
import { isLedgerDistributed } from '../cluster/distributed.ts'
import { withConnection } from '../connection.ts'
import { ensureDatabase } from '../databases.ts'
import { type History, historyOf, LEDGER, scriptOf } from '../project.ts'
import { markRolledBack, prepareHistory, progressOf } from './applied.ts'
import { withSharers } from './books.ts'
import { cancelWhen } from './cancel.ts'
import { chooseApps } from './choose-apps.ts'
import { hasMigrationLocks, takeMigrationLocks } from './locks.ts'
import { runScript, ScriptFailure } from './run-script.ts'
import { settle, titleOf } from './settle.ts'

export interface MigrateOptions {
  readonly databaseUrl: string
  /** The project's root. */
  readonly root: string
  /**
   * The apps to migrate. All of them when left out. The ledger always comes first. Apps that share a book with one of them
   * are migrated, too.
   */
  readonly apps?: readonly string[]
  /** Called with lines that tell a person what happens. */
  readonly log: (line: string) => void
  /** Cancels the running migration, and rejects the call with an AbortError. */
  readonly signal?: AbortSignal
}

/**
 * Brings a database up to date. Creates the database when it is missing. Runs the pending migrations of the ledger, and then
 * those of the apps in the order of their timestamps, because an app may use a book that another app has shared before. Each
 * history has its own PostgreSQL schema and its rows in that schema's `_prisma_migrations`, in Prisma's format. Several
 * processes may do this at the same time: they wait for each other. The roles of apps keep their rights, and get them on new
 * tables and functions, too. Without pending migrations, it sends two queries per history.
 *
 * @throws when a migration fails, with its name and PostgreSQL's message. The failed migration has changed nothing, unless its
 *   script commits by itself. Earlier migrations stay, and the next call runs the failed one again.
 */
export async function migrate(options: MigrateOptions): Promise<void> {
  const { databaseUrl, root, apps, log, signal } = options
  const chosen = withSharers(root, chooseApps(root, apps))
  await ensureDatabase(databaseUrl)
  try {
    await withConnection(databaseUrl, async (connection) => {
      await takeMigrationLocks(connection, options)
      await deploy(connection, [LEDGER], options)
      await deploy(connection, chosen, options)
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

/** Runs the pending migrations of several histories, in the order of their names. */
async function deploy(
  connection: pg.Client,
  names: readonly string[],
  options: MigrateOptions,
): Promise<void> {
  const runs: Pending[] = []
  for (const name of names)
    runs.push(...(await pendingOf(connection, historyOf(options.root, name), options)))
  runs.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  for (const { history, name, begin, isLast } of runs) {
    await begin?.()
    // The apps' own tables stay on the coordinator.
    const isDistributed = history.name === LEDGER && (await isLedgerDistributed(connection))
    const script = readFileSync(scriptOf(history, name), 'utf8')
    const afterwards = isLast ? grants : ''
    await cancelWhen(options.signal, { connection, databaseUrl: options.databaseUrl }, () =>
      runScript(connection, { history, name, script, id: randomUUID(), afterwards, isDistributed }),
    )
    if (await hasMigrationLocks(connection)) continue
    // The script has released them, and another process may have migrated since.
    await takeMigrationLocks(connection, options)
    return deploy(connection, names, options)
  }
}

/** A migration that is to run. */
interface Pending {
  readonly history: History
  readonly name: string
  /** Prepares the history. The first one of a history has it. */
  readonly begin: (() => Promise<void>) | undefined
  readonly isLast: boolean
}

async function pendingOf(
  connection: pg.Client,
  history: History,
  { log }: MigrateOptions,
): Promise<Pending[]> {
  const { pending, unfinished, edited } = await progressOf(connection, history)
  for (const name of edited) {
    log(
      `WARNING: the migration ${name} of ${titleOf(history)} was modified after it was applied. The change has not run ` +
        'here: put it into a new migration, and restore the file.',
    )
  }
  const begin = async () => {
    await prepareHistory(connection, history)
    if (unfinished.length > 0) await markRolledBack(connection, history)
    log(`Migrating ${titleOf(history)}: ${pending.join(', ')} …`)
  }
  return pending.map((name, index) => ({
    history,
    name,
    begin: index === 0 ? begin : undefined,
    isLast: index === pending.length - 1,
  }))
}

const grants = `
  DO $$ BEGIN
    IF to_regproc('ledger.grant_apps') IS NOT NULL THEN PERFORM ledger.grant_apps(); END IF;
  END $$`
