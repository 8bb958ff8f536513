import { existsSync } from 'node:fs'
import path from 'node:path'
import { appOf, appsOf, historyOf, LEDGER } from '../project.ts'
import { checkHistory } from './choose-apps.ts'
import { describeOperations } from './operations-change.ts'
import { findUnwritten, type Unwritten, type UnwrittenOptions } from './unwritten.ts'

/** What the migrations of a history lack, as text for a person. */
export interface Lack {
  /** "ledger", or the app's name. */
  readonly history: string
  /** A line for each model, operation or function, with the file that declares it. */
  readonly lines: readonly string[]
}

interface CheckOptions extends Omit<UnwrittenOptions, 'histories'> {
  /** "ledger" and names of apps. The default is all apps, and the ledger if the project has its source. */
  readonly histories?: readonly string[]
}

/**
 * Returns what is declared but in no migration. Empty when the migrations have everything. Writes nothing.
 *
 * @throws the errors of `findUnwritten`, and an error for an unknown app
 */
export async function checkMigrations(options: CheckOptions): Promise<Lack[]> {
  const { root, histories = historiesIn(root) } = options
  for (const name of histories) checkHistory(root, name)
  const found = await findUnwritten({ ...options, histories })
  return found.map((unwritten) => ({
    history: unwritten.history.name,
    lines: linesOf(options.root, unwritten),
  }))
}

function historiesIn(root: string): string[] {
  const keepsLedger = existsSync(historyOf(root, LEDGER).config)
  return [...(keepsLedger ? [LEDGER] : []), ...appsOf(root)]
}

function linesOf(root: string, { history, models, functions, operations }: Unwritten): string[] {
  const lines = (from: string, script: string) =>
    statementsOf(script).map((statement) => `${path.relative(root, from)}: ${statement}`)
  return [
    ...lines(history.models, models),
    ...lines(history.functions, functions),
    ...(operations
      ? [`${path.relative(root, appOf(root, history.name).operations)} ${describeOperations(operations)}`]
      : []),
  ]
}

/** Returns the first words of each statement of a script: `CREATE TABLE "boosts"`. */
function statementsOf(script: string): string[] {
  const found = script.match(/^(?:CREATE|ALTER|DROP) [^\n(;,]*/gm)
  return (found ?? [script]).map((words) => words.replace(/\s+/g, ' ').trim()).filter(Boolean)
}
