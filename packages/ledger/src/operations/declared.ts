import { z } from 'zod'
import type { PrismaClient } from '../database/database.ts'
import { query } from '../database/database-errors.ts'
import { booksOf, type Operations } from './operations.ts'

/** What the database says about an app. */
interface Declared {
  readonly operations: readonly string[]
  readonly retired: readonly string[]
  /** The book of each operation that does not have the app's own. */
  readonly books: Readonly<Record<string, string>>
}

const booksShape = z.record(z.string(), z.string())

/**
 * Checks that the database declares all of an app's operations, each with the same book, and that the app may use these
 * books.
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
  const row = await query(() => prisma.app.findUnique({ where: { app } }))
  const declared: Declared = row
    ? { ...row, books: booksShape.parse(row.books) }
    : { operations: [], retired: [], books: {} }
  const missing = Object.keys(operations).filter((name) => !declared.operations.includes(name))
  if (missing.length > 0) {
    throw new Error(
      `The database does not know these operations of the app ${app}: ${missing.join(', ')}. ` +
        `Run the migration that declares them: npx shared-ledger migrate ${app} ` +
        `(npx shared-ledger migrate new ${app} add_operations writes it).`,
    )
  }
  assertSameBooks(app, operations, declared)
  await assertUsable(app, operations, prisma)
  return differences(app, operations, declared)
}

function assertSameBooks(app: string, operations: Operations, { books }: Declared): void {
  const differing = Object.entries(operations).flatMap(([name, { book: here = app }]) => {
    const there = books[name] ?? app
    return here === there ? [] : [`${name} (${here} in operations.ts, ${there} in the database)`]
  })
  if (differing.length === 0) return
  throw new Error(
    `Operations of the app ${app} have another book in the database: ${differing.join(', ')}. ` +
      `Run the migration that declares their books: npx shared-ledger migrate ${app} ` +
      `(npx shared-ledger migrate new ${app} books writes it). An operation that was posted keeps its book: ` +
      'put it back in operations.ts, and give another operation the other book.',
  )
}

async function assertUsable(app: string, operations: Operations, prisma: PrismaClient): Promise<void> {
  const [, ...named] = booksOf(app, operations)
  const usable = await query(
    () => prisma.$queryRaw<{ book: string }[]>`
      SELECT book FROM unnest(${named}::text[]) book WHERE ${app}::text = ANY (ledger.apps_of(book))`,
  )
  const refused = named.filter((name) => !usable.some(({ book }) => book === name))
  if (refused.length === 0) return
  throw new Error(
    `The app ${app} may not use these books: ${refused.join(', ')}. It has not made them, and they are not shared with it. ` +
      'The app that made a book shares it, in a migration that you write by hand: ' +
      `SELECT ledger.share_book('<its maker>', '${refused[0]}', ARRAY['${app}', …]); with all apps that share it.`,
  )
}

function differences(app: string, operations: Operations, declared: Declared): string[] {
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
