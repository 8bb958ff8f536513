// Generates the Prisma clients of the ledger and of every app; npm runs it after an install (prepare).
import { generateClients } from '@shared-ledger/postgres'
import { runCommand } from './command.ts'

await runCommand(async (root) => {
  await generateClients(root)
  return 0
})
