import path from 'node:path'
import type pg from 'pg'
import { withConnection } from '../connection.ts'
import { ensureDatabase } from '../databases.ts'
import { type History, historyOf, LEDGER, scriptOf } from '../project.ts'
import { markRolledBack, progressOf } from './applied.ts'
import { chooseApps } from './choose-apps.ts'
import { runPrisma } from './prisma-cli.ts'

export interface MigrateOptions {
  readonly databaseUrl: string
  /** The project's root. */
  readonly root: string
  /** The apps to migrate; all of them when left out. The ledger is always migrated first. */
  readonly apps?: readonly string[]
  /** Gets lines that tell a person what happens. */
  readonly log: (line: string) => void
}

// Prisma's own lock covers one run of its CLI; ours covers the ledger and its apps.
const LOCK = 'hashtext($$shared-ledger migrate$$)'

/**
 * Brings a database up to date: creates it where it is missing, then runs the pending migrations of the ledger and of
 * the apps, each with `prisma migrate deploy`, its own PostgreSQL schema and its own history. Several processes may do
 * this at the same time; they queue. Without pending migrations it asks one question per history and ends.
 *
 * @throws when a migration fails, naming it with PostgreSQL's message. The failed migration changed nothing, those
 *   before it stay, and after its correction the next call runs it again.
 */
export async function migrate({ databaseUrl, root, apps, log }: MigrateOptions): Promise<void> {
  const histories = [LEDGER, ...chooseApps(root, apps)].map((name) => historyOf(root, name))
  await ensureDatabase(databaseUrl)
  await withConnection(databaseUrl, async (connection) => {
    await connection.query(`SELECT pg_advisory_lock(${LOCK})`)
    for (const history of histories) await deploy(connection, history, { databaseUrl, root, log })
  })
}

async function deploy(
  connection: pg.Client,
  history: History,
  { databaseUrl, root, log }: MigrateOptions,
): Promise<void> {
  const { pending, failed } = await progressOf(connection, history)
  if (pending.length === 0) return
  if (failed.length > 0) await markRolledBack(connection, history) // of a process that was killed
  log(`Migrating ${titleOf(history)}: ${pending.join(', ')} …`)
  const run = await runPrisma(['migrate', 'deploy', '--config', history.config], { root, databaseUrl })
  if (run.exitCode !== 0) await explainFailure(connection, history, root, run.output)
}

async function explainFailure(
  connection: pg.Client,
  history: History,
  root: string,
  output: string,
): Promise<never> {
  const { failed } = await progressOf(connection, history).catch(() => ({ failed: [] }))
  const [failure] = failed
  if (failure === undefined) throw new Error(`Migrating ${titleOf(history)} failed.\n${reasonOf(output)}`)
  await markRolledBack(connection, history)
  const script = path.relative(root, scriptOf(history, failure))
  throw new Error(
    `The migration ${failure} of ${titleOf(history)} failed and changed nothing.\n` +
      `${reasonOf(output)}\nCorrect ${script} and migrate again.`,
  )
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
