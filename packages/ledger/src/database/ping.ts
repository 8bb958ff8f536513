import type { PrismaClient } from './database.ts'
import { query } from './database-errors.ts'

/**
 * Whether the database accepts postings of this role, in a transaction with the default settings. @throws
 * DatabaseUnavailableError
 */
export async function takesPostings(prisma: PrismaClient, app: string): Promise<{ takesPostings: boolean }> {
  const [row] = await query(
    () => prisma.$queryRaw<{ takesPostings: boolean }[]>`
      SELECT current_setting('transaction_read_only') = 'off' AND EXISTS (
        SELECT FROM pg_proc
         WHERE pronamespace = to_regnamespace('ledger') AND proname = 'post_' || ${app}::text AND has_function_privilege(oid, 'EXECUTE')
      ) AS "takesPostings"`,
  )
  return { takesPostings: row?.takesPostings ?? false }
}
