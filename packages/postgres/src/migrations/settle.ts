import path from 'node:path'
import pg from 'pg'
import { withConnection } from '../connection.ts'
import { codeOf, messageOf } from '../errors.ts'
import { type History, LEDGER, scriptOf } from '../project.ts'
import { tableOf } from './applied.ts'
import { takeMigrationLocks } from './locks.ts'
import { OUTSIDE_ONLY, type ScriptFailure, UnendedScript } from './run-script.ts'

/** What an unfinished script has left in the database. */
interface Outcome {
  readonly is: 'done' | 'nothing' | 'a part'
  /** The invalid indexes of its schema, which a failed CREATE INDEX CONCURRENTLY leaves. */
  readonly invalidIndexes: readonly string[]
}

/**
 * Finds out what a failed script has left, after its own connection has ended.
 *
 * @returns lines that say what it left, why it failed and what to do. Undefined when it succeeded and only its answer was
 *   lost.
 */
export async function settle(
  failure: ScriptFailure,
  options: { databaseUrl: string; root: string; log: (line: string) => void },
): Promise<[left: string, ...why: string[]] | undefined> {
  const { run } = failure
  const migration = `The migration ${run.name} of ${titleOf(run.history)}`
  let outcome: Outcome
  try {
    outcome = await withConnection(options.databaseUrl, async (connection) => {
      await takeMigrationLocks(connection, { log: options.log }) // a signal that ended the script does not end this wait
      return outcomeOf(connection, failure)
    })
  } catch (error) {
    return [
      `${migration} lost its connection: whether it is done is not known.`,
      wordsOf(failure),
      `Then: ${messageOf(error)}`,
      'Migrate again when PostgreSQL answers. What is done does not run again.',
    ]
  }
  if (outcome.is === 'done') return undefined
  const file = path.relative(options.root, scriptOf(run.history, run.name))
  if (outcome.is === 'nothing')
    return [`${migration} failed and changed nothing.`, wordsOf(failure), adviceFor(failure, file)]
  return [
    `${migration} failed, and may have changed something, as it commits by itself.`,
    wordsOf(failure),
    ...outcome.invalidIndexes.map(
      (index) => `It may have left this index, which is invalid: DROP INDEX ${index};`,
    ),
    `Look at the database, fit ${file} to it, and migrate again.`,
  ]
}

async function outcomeOf(connection: pg.Client, { run, message }: ScriptFailure): Promise<Outcome> {
  const { history, id } = run
  const { rows } = await connection.query<{ finished: boolean }>(
    `UPDATE ${tableOf(history)} SET logs = CASE WHEN finished_at IS NULL THEN $2 ELSE logs END
      WHERE id = $1 RETURNING finished_at IS NOT NULL AS finished`,
    [id, message],
  )
  if (rows[0] === undefined) return { is: 'nothing', invalidIndexes: [] }
  if (rows[0].finished) return { is: 'done', invalidIndexes: [] }
  const invalid = await connection.query<{ name: string }>(
    `SELECT indexrelid::regclass::text AS name FROM pg_index JOIN pg_class ON oid = indexrelid
      WHERE NOT indisvalid AND relnamespace = $1::regnamespace ORDER BY 1`,
    [pg.escapeIdentifier(history.name)],
  )
  return { is: 'a part', invalidIndexes: invalid.rows.map(({ name }) => name) }
}

/** Returns PostgreSQL's message. */
function wordsOf({ cause, line }: ScriptFailure): string {
  if (!(cause instanceof pg.DatabaseError)) return messageOf(cause)
  const { severity = 'ERROR', message, code, detail, hint, where } = cause
  const place = [code && `SQLSTATE ${code}`, line && `line ${line}`].filter(Boolean).join(', ')
  return [
    `${severity}: ${message} (${place})`,
    detail && `DETAIL: ${detail}`,
    hint && `HINT: ${hint}`,
    where && line === undefined && `CONTEXT: ${where}`,
  ]
    .filter(Boolean)
    .join('\n')
}

/** PostgreSQL's codes of failures that may be over the next time: a lost connection, a deadlock, a full disk, a shutdown. */
const passing = /^(08|40|53|55P03|57P)/

function adviceFor({ cause }: ScriptFailure, file: string): string {
  const code = codeOf(cause)
  if (code === OUTSIDE_ONLY)
    return `Give the statement a migration of its own, as its only one: ${file}. Then migrate again.`
  const isPassing =
    cause instanceof pg.DatabaseError ? passing.test(code ?? '') : !(cause instanceof UnendedScript)
  return isPassing ? 'The next time it may succeed: migrate again.' : `Correct ${file} and migrate again.`
}

/** Returns the name of a history in a message. */
export function titleOf({ name }: Pick<History, 'name'>): string {
  return name === LEDGER ? 'the ledger' : `the app ${name}`
}
