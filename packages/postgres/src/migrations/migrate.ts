import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type pg from 'pg'
import { withConnection } from '../connection.ts'
import { ensureDatabase } from '../databases.ts'
import { type History, historyOf, LEDGER, scriptOf } from '../project.ts'
import { markRolledBack, type Progress, progressOf } from './applied.ts'
import { chooseApps } from './choose-apps.ts'
import { MIGRATING, takeLock, waitForEngine } from './locks.ts'
import { runPrisma } from './prisma-cli.ts'

export interface MigrateOptions {
  readonly databaseUrl: string
  /** The project's root. */
  readonly root: string
  /** The apps to migrate; all of them when left out. The ledger is always migrated first. */
  readonly apps?: readonly string[]
  /** Gets lines that tell a person what happens. */
  readonly log: (line: string) => void
  /** Ends the call with an AbortError before the next history; the one that has begun ends first. */
  readonly signal?: AbortSignal
}

/**
 * Brings a database up to date: creates it where it is missing, then runs the pending migrations of the ledger and of
 * the apps, each with `prisma migrate deploy`, its own PostgreSQL schema and its own history. Several processes may do
 * this at the same time; they queue. Roles of apps have their rights as before, on what is new as well. Without pending migrations it asks one question per history and ends.
 *
 * @throws when a migration fails, naming it with PostgreSQL's message. The failed migration changed nothing, unless its
 *   script commits by itself; those before it stay, and after its correction the next call runs it again.
 */
export async function migrate(options: MigrateOptions): Promise<void> {
  const { databaseUrl, root, apps, signal } = options
  const histories = [LEDGER, ...chooseApps(root, apps)].map((name) => historyOf(root, name))
  await ensureDatabase(databaseUrl)
  await withConnection(databaseUrl, async (connection) => {
    await takeLock(connection, MIGRATING, options)
    for (const history of histories) {
      signal?.throwIfAborted()
      await deploy(connection, history, options)
    }
  })
}

async function deploy(connection: pg.Client, history: History, options: MigrateOptions): Promise<void> {
  if ((await progressOf(connection, history)).pending.length === 0) return
  // The engine of a process that was killed lives on: what has begun fails or succeeds before we judge it.
  await waitForEngine(connection, options)
  const { pending, failed } = await progressOf(connection, history)
  if (pending.length === 0) return
  if (failed.length > 0) await markRolledBack(connection, history)
  const { databaseUrl, root, log } = options
  log(`Migrating ${titleOf(history)}: ${pending.join(', ')} …`)
  const run = await runPrisma(['migrate', 'deploy', '--config', history.config], { root, databaseUrl })
  if (run.exitCode !== 0) await explainFailure(connection, history, root, run.output)
  await connection.query(`
    DO $$ BEGIN
      IF to_regproc('ledger.grant_apps') IS NOT NULL THEN PERFORM ledger.grant_apps(); END IF;
    END $$`)
}

async function explainFailure(
  connection: pg.Client,
  history: History,
  root: string,
  output: string,
): Promise<void> {
  const progress = await settledProgressOf(connection, history).catch(() => undefined)
  if (progress?.pending.length === 0) return // the CLI was ended, and its engine finished the work
  const failure = progress?.failed[0]
  if (failure === undefined) throw new Error(`Migrating ${titleOf(history)} failed.\n${reasonOf(output)}`)
  await markRolledBack(connection, history)
  const script = scriptOf(history, failure)
  const file = path.relative(root, script)
  const [left, advice] = commitsItself(script)
    ? [
        'failed, and may have changed something, as it commits by itself',
        `Look at the database, fit ${file} to it,`,
      ]
    : ['failed and changed nothing', `Correct ${file}`]
  throw new Error(
    `The migration ${failure} of ${titleOf(history)} ${left}.\n${reasonOf(output)}\n${advice} and migrate again.`,
  )
}

async function settledProgressOf(connection: pg.Client, history: History): Promise<Progress> {
  await waitForEngine(connection, { log: () => {} })
  return progressOf(connection, history)
}

// A word in a comment counts too: the message then promises less than it could.
function commitsItself(script: string): boolean {
  return !existsSync(script) || /\b(COMMIT|CONCURRENTLY)\b/i.test(readFileSync(script, 'utf8'))
}

function titleOf({ name }: History): string {
  return name === LEDGER ? 'the ledger' : `the app ${name}`
}

// Prisma's report says more than a reader needs; PostgreSQL's own words are the lines that count.
function reasonOf(report: string): string {
  const native = /^Database error:\n+([\s\S]*?)(?=\n\n(?:Position|DbError)|$(?![\s\S]))/m.exec(report)?.[1]
  const offline = report.split(/^Error: (?:The migration .* failed\.\n)?/m).at(-1)
  return (native ?? offline ?? report).trim()
}
