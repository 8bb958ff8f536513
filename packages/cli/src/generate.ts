import { generateClients } from '@shared-ledger/postgres'

/** Generates the Prisma clients. */
export async function generate(root: string): Promise<number> {
  await generateClients(root)
  return 0
}
