import type { PrismaClient } from '../database/database.ts'
import { query } from '../database/database-errors.ts'
import type { Operations } from './operations.ts'

/**
 * Checks that the database declares all of an app's operations.
 *
 * @returns the other differences, each with what to do about it. They do not stop a start: all operations can be read.
 *   While servers are replaced or rolled back, their code is older or newer than the database.
 * @throws Error that names the missing migration and how to run it
 */
export async function assertDeclared(
  app: string,
  operations: Operations,
  prisma: PrismaClient,
): Promise<readonly string[]> {
  const declared = await query(() => prisma.app.findUnique({ where: { app } }))
  const missing = Object.keys(operations).filter((name) => !declared?.operations.includes(name))
  if (missing.length > 0) {
    throw new Error(
      `The database does not know these operations of the app ${app}: ${missing.join(', ')}. ` +
        `Run the migration that declares them: npx shared-ledger migrate ${app} ` +
        `(npx shared-ledger migrate new ${app} add_operations writes it).`,
    )
  }
  return declared ? differences(app, operations, declared) : []
}

function differences(
  app: string,
  operations: Operations,
  declared: { readonly operations: readonly string[]; readonly retired: readonly string[] },
): string[] {
  const names = Object.keys(operations)
  const unknown = declared.operations.filter((name) => !names.includes(name))
  const stillPosted = names.filter((name) => !operations[name]?.retired && declared.retired.includes(name))
  const onlyHere = names.filter((name) => operations[name]?.retired && !declared.retired.includes(name))
  return [
    ...(unknown.length > 0
      ? [
          `This server's code lacks operations that the database declares for the app ${app}: ${unknown.join(', ')}. ` +
            'Their entries have operation null, and the name in operationName. If they were taken out of ' +
            'operations.ts, put them back with retired: true; if an older version was deployed again, ' +
            'there is nothing to do.',
        ]
      : []),
    ...(stillPosted.length > 0
      ? [
          `The database has retired operations of the app ${app} that this server's code has not retired: ` +
            `${stillPosted.join(', ')}. Their postings are refused. Give them retired: true in operations.ts; or, to ` +
            `post them again, npx shared-ledger migrate new ${app} post_again, then npx shared-ledger migrate ${app}.`,
        ]
      : []),
    ...(onlyHere.length > 0
      ? [
          `The database has not retired these operations of the app ${app}: ${onlyHere.join(', ')}. Older servers ` +
            `still post them. Run the migration that retires them: npx shared-ledger migrate ${app} ` +
            `(npx shared-ledger migrate new ${app} retire_operations writes it).`,
        ]
      : []),
  ]
}
