import pg from 'pg'
import { codeOf, messageOf } from '../errors.ts'
import type { History } from '../project.ts'
import { checksumOf, tableOf } from './applied.ts'

/** A migration on its way into the database. */
export interface Run {
  readonly history: History
  readonly name: string
  readonly script: string
  /** Of its row in the history. */
  readonly id: string
  /** SQL that follows the script, in the transaction of its row. */
  readonly afterwards: string
}

/** A script that did not come to its end. What it left shows on another connection, once its own has ended. */
export class ScriptFailure extends Error {
  override readonly name = 'ScriptFailure'
  readonly run: Run
  /** The line of the script, where PostgreSQL names a place. */
  readonly line: number | undefined

  constructor(run: Run, cause: unknown, line?: number) {
    super(messageOf(cause), { cause })
    this.run = run
    this.line = line
  }
}

/** The cause of a failure where a script goes on into what follows it. */
export class UnendedScript extends Error {}

const SYNTAX_ERROR = '42601'

/** PostgreSQL's code for a statement that it runs only outside of a transaction, such as CREATE INDEX CONCURRENTLY. */
export const OUTSIDE_ONLY = '25001'

/**
 * Runs one script in its history's schema, and writes its row. Both are one text, which PostgreSQL runs to its end in one
 * transaction, also when we are gone meanwhile. A script with a COMMIT of its own commits its row too, still unfinished.
 * A script that PostgreSQL refuses in a transaction is sent once more, alone, between the beginning and the end of its row.
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
  // The script begins on the second line, and may end with a comment, or without a semicolon.
  const [together, alone] = [`${begin}\n${run.script}\n;${finish}`, `\n${run.script}`]

  // A session as new: whatever the script before has set is gone.
  const schema = pg.escapeIdentifier(run.history.name)
  await query(`RESET SESSION AUTHORIZATION; RESET ALL; DISCARD TEMP; SET search_path TO ${schema}`)
  try {
    await query(together)
  } catch (failure) {
    if (!isOutsideOnly(failure)) throw failure
    // Where the row is there already, the script has committed a part.
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

function lineOf(error: unknown, text: string): number | undefined {
  if (!(error instanceof pg.DatabaseError) || !error.position) return undefined
  // PostgreSQL counts characters; a string of JavaScript has two units for some of them.
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
    // The row is there, unless the script has a ROLLBACK.
    finish: `${insert('clock_timestamp(), 1')}
      ON CONFLICT (id) DO UPDATE SET finished_at = excluded.finished_at, applied_steps_count = 1;
      ${afterwards}`,
  }
}

function withoutRow({ history, id }: Run): string {
  return `DELETE FROM ${tableOf(history)} WHERE id = ${pg.escapeLiteral(id)}`
}
