import { LEDGER } from './project.ts'

/** The tables of a history that Prisma ignores. Prisma knows no partitions, and the keys of ledger.entries are on partitions. */
export function externalTablesOf(history: string): string[] {
  return history === LEDGER ? ['ledger.entries'] : []
}
