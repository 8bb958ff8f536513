import { readdirSync, readFileSync } from 'node:fs'

const folder = new URL('../../verify/', import.meta.url)

/** Returns the SQL of a file in `packages/ledger/verify`. */
export function readSql(file: string): string {
  return readFileSync(new URL(file, folder), 'utf8')
}

/**
 * A question that is asked about each app. Some are about its own entries and holds. Others are about the accounts of the
 * books that it made, with the entries and holds of all apps that share them.
 */
interface Question {
  /** The file's name, without `.sql`. */
  readonly question: string
  /** The invariant in words: the comment above the SQL. */
  readonly invariant: string
  readonly sql: string
  /**
   * How many of these parameters it has: the app, its books, the apps that use them, and, when it is asked about one range
   * of owners at a time, the first owner and the end.
   */
  readonly parameters: number
}

/** All questions. Each is one file, and its comment states the invariant. */
export const questions: readonly Question[] = readdirSync(new URL('questions/', folder))
  .filter((file) => file.endsWith('.sql'))
  .sort()
  .map((file) => {
    const sql = readSql(`questions/${file}`)
    return {
      question: file.replace('.sql', ''),
      invariant: commentOf(sql),
      sql,
      parameters: Math.max(...[...sql.matchAll(/\$(\d)/g)].map(([, number]) => Number(number))),
    }
  })

function commentOf(sql: string): string {
  const lines = sql.split('\n')
  const comment = lines.slice(
    0,
    lines.findIndex((line) => !line.startsWith('--')),
  )
  return comment.map((line) => line.replace(/^-- ?/, '')).join(' ')
}
