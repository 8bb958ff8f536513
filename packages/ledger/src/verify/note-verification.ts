import type pg from 'pg'
import { reportOf } from '../database/database-codes.ts'

/** SQLSTATEs of a read-only database, a role without the right, and a ledger without the function. */
const cannotNote = /^(25006|42501|42883)$/

/**
 * Notes for each app that it was verified, for the status. The connection's role must own the ledger.
 *
 * @returns whether it was noted. It cannot be on a standby, or by a role that may only read.
 */
export async function noteVerification(
  client: pg.ClientBase,
  {
    apps,
    answers,
    broken,
  }: Readonly<Record<'apps' | 'answers' | 'broken', readonly { readonly app: string }[]>>,
): Promise<boolean> {
  const questionsOf = (app: string) => answers.filter((answer) => answer.app === app).length
  const isOk = (app: string) => !broken.some((answer) => answer.app === app)
  try {
    for (const { app } of apps) {
      await client.query('SELECT ledger.note_verify($1, $2, $3)', [app, isOk(app), questionsOf(app)])
    }
    return true
  } catch (error) {
    if (reportOf(error).codes.some((code) => cannotNote.test(code))) return false
    throw error
  }
}
