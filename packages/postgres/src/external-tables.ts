import { LEDGER } from './project.ts'

/** The tables of a history that Prisma leaves alone. It knows no partitions: the keys of ledger.entries are on its partitions. */
export function externalTablesOf(history: string): string[] {
  return history === LEDGER ? ['ledger.entries'] : []
}
