import pg from 'pg'
import { codeOf, messageOf } from '../errors.ts'
import type { History } from '../project.ts'
import { checksumOf, tableOf } from './applied.ts'
import { statementsOf } from './statements.ts'

/** A migration that is being run. */
export interface Run {
  readonly history: History
  readonly name: string
  readonly script: string
  /** The id of its row in the history. */
  readonly id: string
  /** SQL that runs after the script, in the transaction that writes its row. */
  readonly afterwards: string
  /** Whether the script changes tables that are distributed over a cluster. */
  readonly isDistributed: boolean
}

/** A script that did not finish. Another connection can see what it left, after its own connection has ended. */
export class ScriptFailure extends Error {
  override readonly name = 'ScriptFailure'
  readonly run: Run
  /** The line of the script, if PostgreSQL names a position. */
  readonly line: number | undefined

  constructor(run: Run, cause: unknown, line?: number) {
    super(messageOf(cause), { cause })
    this.run = run
    this.line = line
  }
}

/** The cause of a failure when a quote in the script is not closed, and includes the text after the script. */
export class UnendedScript extends Error {}

const SYNTAX_ERROR = '42601'

/** PostgreSQL's code for a statement that cannot run in a transaction, such as CREATE INDEX CONCURRENTLY. */
export const OUTSIDE_ONLY = '25001'

/**
 * Runs one script in its history's schema, and writes its row. Both are sent as one text, which PostgreSQL runs to its end
 * in one transaction, even when this process ends meanwhile. A script with its own COMMIT commits its row as unfinished. A
 * script that cannot run in a transaction is sent again by itself, after its row was begun and before it is finished.
 *
 * @throws ScriptFailure
 */
export async function runScript(connection: pg.Client, run: Run): Promise<void> {
  const query = (text: string) =>
    connection.query(text).catch((error) => {
      const line = lineOf(error, text)
      const isBehind = line !== undefined && line > run.script.split('\n').length
      if (isBehind && codeOf(error) === SYNTAX_ERROR)
        throw new ScriptFailure(run, new UnendedScript('The script has a quote, or a $$, that does not end.'))
      throw new ScriptFailure(run, error, line)
    })
  const { begin, finish } = rowOf(run)
  const script = run.isDistributed ? oneByOne(run.script) : run.script
  // The script begins on the second line, and may end with a comment, or without a semicolon.
  const [together, alone] = [`${begin}\n${script}\n;${finish}`, `\n${run.script}`]

  // Resets the session, so that settings of the previous script do not stay.
  const schema = pg.escapeIdentifier(run.history.name)
  await query(`RESET SESSION AUTHORIZATION; RESET ALL; DISCARD TEMP; SET search_path TO ${schema}`)
  try {
    await query(together)
  } catch (failure) {
    if (!isOutsideOnly(failure)) throw failure
    // When the row already exists, the script has committed a part.
    await query(`ROLLBACK; ${begin}`).catch(() => {
      throw failure
    })
    await query(alone).catch(async (again) => {
      if (isOutsideOnly(again)) await query(`ROLLBACK; ${withoutRow(run)}`) // refused again, and so nothing is done
      throw again
    })
    await query(finish)
  }
  if (connection.getTransactionStatus() !== 'I')
    throw new ScriptFailure(run, new UnendedScript('The script begins a transaction and does not end it.'))
}

/**
 * Returns the script as one block, whose statements PostgreSQL runs by themselves. Citus sends some commands to other
 * nodes with all of the text that they came in, and is refused there when that has several.
 */
function oneByOne(script: string): string {
  const block = statementsOf(script).map((statement) => `EXECUTE ${pg.escapeLiteral(statement)};`)
  return `DO ${pg.escapeLiteral(['BEGIN', ...block, 'END'].join('\n'))}`
}

function lineOf(error: unknown, text: string): number | undefined {
  if (!(error instanceof pg.DatabaseError) || !error.position) return undefined
  // PostgreSQL counts characters, but JavaScript counts some of them as two.
  const before = Array.from(text).slice(0, Number(error.position) - 1)
  return before.filter((character) => character === '\n').length
}

function isOutsideOnly(failure: unknown): boolean {
  return failure instanceof ScriptFailure && codeOf(failure.cause) === OUTSIDE_ONLY
}

function rowOf({ history, name, script, id, afterwards }: Run): { begin: string; finish: string } {
  const values = [id, checksumOf(script), name].map(pg.escapeLiteral).join(', ')
  const insert = (end: string) =>
    `INSERT INTO ${tableOf(history)} (id, checksum, migration_name, finished_at, applied_steps_count)
     VALUES (${values}, ${end})`.replaceAll('\n', ' ')
  return {
    begin: `${insert('NULL, 0')};`,
    // The row exists, unless the script has a ROLLBACK.
    finish: `${insert('clock_timestamp(), 1')}
      ON CONFLICT (id) DO UPDATE SET finished_at = excluded.finished_at, applied_steps_count = 1;
      ${afterwards}`,
  }
}

function withoutRow({ history, id }: Run): string {
  return `DELETE FROM ${tableOf(history)} WHERE id = ${pg.escapeLiteral(id)}`
}
