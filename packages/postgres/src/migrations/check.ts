import { existsSync } from 'node:fs'
import path from 'node:path'
import { appOf, appsOf, historyOf, LEDGER } from '../project.ts'
import { checkHistory } from './choose-apps.ts'
import { describeOperations } from './operations-change.ts'
import { findUnwritten, type Unwritten, type UnwrittenOptions } from './unwritten.ts'

/** What a history's migrations lack, for a person. */
export interface Lack {
  /** "ledger", or the app's name. */
  readonly history: string
  /** A line for each model, operation or function, with the file that declares it. */
  readonly lines: readonly string[]
}

export interface CheckOptions extends Omit<UnwrittenOptions, 'histories'> {
  /** "ledger" and names of apps; all apps when left out, and the ledger where the project keeps it. */
  readonly histories?: readonly string[]
}

/**
 * Says what is declared and in no migration. Writes nothing. Empty when all of it is written.
 *
 * @throws as `findUnwritten`, and for a name that is no app's.
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

/** The statements of a script, each by its first words: `CREATE TABLE "boosts"`. */
function statementsOf(script: string): string[] {
  const found = script.match(/^(?:CREATE|ALTER|DROP) [^\n(;,]*/gm)
  return (found ?? [script]).map((words) => words.replace(/\s+/g, ' ').trim()).filter(Boolean)
}
