import { z } from 'zod'
import type { PrismaClient } from '../database/database.ts'
import { query } from '../database/database-errors.ts'
import type { LedgerBalance } from '../entry.ts'
import { ownerIdSchema, ownerPrefixSchema, parseInput } from '../input.ts'
import { type Page, type PageInput, pageRange, textCursors, toPage } from './page.ts'

/** An owner's account in a book. */
export interface LedgerAccount {
  readonly ownerId: string
  readonly book: string
  readonly balance: LedgerBalance
  /** How many entries it has. */
  readonly entryCount: number
  readonly createdOn: Date
  /** When it last changed. */
  readonly updatedOn: Date
}

/** Which accounts to read, and which page of them. They are sorted by the bytes of their owner. */
export interface AccountsInput<Book extends string = string> extends PageInput {
  /** The app's own when left out. */
  readonly book?: Book | null | undefined
  /** Only owners that begin with this text. */
  readonly prefix?: string | null | undefined
}

export type AccountPage = Page<LedgerAccount>

interface AccountRow {
  readonly balance: Omit<LedgerBalance, 'book'>
  readonly entryCount: number
  readonly createdOn: number
  readonly updatedOn: number
}

/** The cursors of a book's accounts. A position is an owner. */
const cursors = textCursors('owner', (text) => ownerIdSchema.safeParse(text).data)

/** Reads pages of accounts. Each page is one query, whose cost does not depend on the page's position. */
export function createAccountPages(bookSchema: z.ZodType<string>, prisma: PrismaClient) {
  const filterSchema = z.object({ prefix: ownerPrefixSchema.nullish(), book: bookSchema })
  return async (input: AccountsInput): Promise<AccountPage> => {
    const { prefix, book } = parseInput(filterSchema, input)
    const range = pageRange(input, cursors)
    const [row] = await query(
      () => prisma.$queryRaw<{ accounts: readonly AccountRow[] | null }[]>`
        SELECT ledger.accounts_page(
          ${book}::text, ${prefix ?? ''}::text, ${range.after ?? ''}::text, ${range.before ?? null}::text,
          ${range.backward}::boolean, ${range.size + 1}::int) AS accounts`,
    )
    const accounts = (row?.accounts ?? []).map(({ balance, entryCount, createdOn, updatedOn }) => ({
      ownerId: balance.ownerId,
      book,
      balance: { ...balance, book },
      entryCount,
      createdOn: new Date(createdOn),
      updatedOn: new Date(updatedOn),
    }))
    return toPage(range, accounts, cursors, { positionOf: ({ ownerId }) => ownerId })
  }
}
