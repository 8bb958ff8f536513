import { type Answer, verifyLedger } from '@shared-ledger/ledger/verify'
import { withConnection } from '@shared-ledger/postgres'
import type { Journal } from '../journal.ts'
import { Audit } from './audit.ts'
import { readLedger } from './rows.ts'

/** The results of a comparison. */
export interface Comparison {
  /** How many entries the ledger has. */
  readonly entries: number
  /** Where the ledger contradicts what clients were told. */
  readonly contradictions: readonly string[]
  /** How many questions `verify` asked, and which of them found broken rows. */
  readonly verifyQuestions: number
  readonly broken: readonly Answer[]
}

/**
 * Compares every answer with the ledger, and verifies it.
 *
 * @param without A pattern for the owners whose accounts no client has used. They are verified only.
 */
export async function compare(databaseUrl: string, journal: Journal, without?: string): Promise<Comparison> {
  return withConnection(databaseUrl, async (connection) => {
    const audit = new Audit(journal)
    await readLedger(connection, audit, without)
    const contradictions = audit.finish()
    const { answers, broken } = await verifyLedger(connection)
    return { entries: audit.entries, contradictions, verifyQuestions: answers.length, broken }
  })
}
