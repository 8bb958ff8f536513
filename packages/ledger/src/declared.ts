import type { PrismaClient } from './database.ts'
import { query } from './database-errors.ts'
import type { Operations } from './operations.ts'

/**
 * Checks that the database declares all of an app's operations (it may declare more: a newer server's).
 *
 * @throws Error that says which migration is missing and how to run it.
 */
export async function assertDeclared(
  app: string,
  operations: Operations,
  prisma: PrismaClient,
): Promise<void> {
  const [ledger] = await query(
    () => prisma.$queryRaw<{ exists: boolean }[]>`SELECT to_regclass('ledger.apps') IS NOT NULL AS exists`,
  )
  if (!ledger?.exists) {
    throw new Error('The database has no ledger yet. Run its migrations: npm run migrate')
  }
  const declared = await query(() => prisma.app.findUnique({ where: { app } }))
  const missing = Object.keys(operations).filter((name) => !declared?.operations.includes(name))
  if (missing.length > 0) {
    throw new Error(
      `The database does not know these operations of the app ${app}: ${missing.join(', ')}. ` +
        `Run the migration that declares them: npm run migrate -- ${app} ` +
        `(npm run migrate:new -- ${app} add_operations writes it).`,
    )
  }
}
