import { generateClients } from '@shared-ledger/postgres'
import { runCommand } from './command.ts'

const usage =
  'npm run prepare: generates the Prisma clients of the ledger and of every app; npm runs it after an install.'

await runCommand({ usage }, async (root) => {
  await generateClients(root)
  return 0
})
