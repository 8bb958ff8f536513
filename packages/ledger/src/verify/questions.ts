import { readdirSync, readFileSync } from 'node:fs'

const folder = new URL('../../verify/', import.meta.url)

/** The SQL of a file of `packages/ledger/verify`. */
export function readSql(file: string): string {
  return readFileSync(new URL(file, folder), 'utf8')
}

/** What is asked of each app. */
export interface Question {
  /** The file, without `.sql`. */
  readonly question: string
  /** What should hold, in words: the comment above the SQL. */
  readonly invariant: string
  readonly sql: string
  /** Whether it is asked of one range of owners after another: its parameters are the app, the first owner, and the end. */
  readonly isByOwners: boolean
}

/** The questions that are asked of each app: one file each, whose comment says what should hold. */
export const questions: readonly Question[] = readdirSync(new URL('questions/', folder))
  .filter((file) => file.endsWith('.sql'))
  .sort()
  .map((file) => {
    const sql = readSql(`questions/${file}`)
    return {
      question: file.replace('.sql', ''),
      invariant: commentOf(sql),
      sql,
      isByOwners: sql.includes('$3'),
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
