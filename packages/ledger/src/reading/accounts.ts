import { z } from 'zod'
import type { PrismaClient } from '../database/database.ts'
import { query } from '../database/database-errors.ts'
import type { LedgerBalance } from '../entry.ts'
import { Prisma } from '../generated/prisma/client.ts'
import { momentSchema, ownerIdSchema, ownerPrefixSchema, parseInput } from '../input.ts'
import { type Page, type PageInput, pageRange, textCursors, toPage } from './page.ts'
import type { Scan } from './scans.ts'

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

/**
 * The orders of a list of accounts: by the bytes of the owner, by the balance from the highest, and by the last change from
 * the newest.
 */
export const accountOrders = ['OWNER', 'HIGHEST_BALANCE', 'LAST_CHANGED'] as const
export type AccountOrder = (typeof accountOrders)[number]

/** Which accounts to read, in which order, and which page of them. */
export interface AccountsInput<Book extends string = string> extends PageInput {
  /** The app's own when left out. */
  readonly book?: Book | null | undefined
  /** Only owners that begin with this text. */
  readonly prefix?: string | null | undefined
  /**
   * By owner when null or left out. In another order, each page reads all accounts with the prefix, and an account that
   * changes between two pages may be in both, or in none.
   */
  readonly order?: AccountOrder | null | undefined
}

export type AccountPage = Page<LedgerAccount>

interface AccountRow {
  readonly balance: Omit<LedgerBalance, 'book'>
  readonly entryCount: number
  readonly createdOn: number
  readonly updatedOn: number
}

/** The cursors of a book's accounts by owner. A position is an owner. */
const ownerCursors = textCursors('owner', (text) => ownerIdSchema.safeParse(text).data)

/** What sorts the accounts of an order, and the cursors of that order. A position is a rank, a colon and an owner. */
const ranks = {
  HIGHEST_BALANCE: {
    by: 'balance',
    cursors: textCursors('balance', (text) => (isPlace(text) ? text : undefined)),
    rankOf: ({ balance }: LedgerAccount) => balance.amount,
  },
  LAST_CHANGED: {
    by: 'updated_on',
    cursors: textCursors('changed', (text) => (isPlace(text, isMoment) ? text : undefined)),
    rankOf: ({ updatedOn }: LedgerAccount) => updatedOn.getTime(),
  },
} as const

const place = /^(-?\d{1,16}):(.+)$/su

function isPlace(text: string, isRank: (rank: number) => boolean = Number.isSafeInteger): boolean {
  const [, rank, owner] = place.exec(text) ?? []
  return ownerIdSchema.safeParse(owner).success && isRank(Number(rank))
}

function isMoment(ms: number): boolean {
  return momentSchema.safeParse(new Date(ms)).success
}

/** Returns a place's rank and owner as values of a query. Null for an end of the list. */
function placeValues(position: string | undefined): Prisma.Sql {
  const [, rank = null, owner = null] = (position !== undefined && place.exec(position)) || []
  return Prisma.sql`${rank}::bigint, ${owner}::text`
}

/**
 * Reads pages of accounts. Each page is one query. By owner, its cost does not depend on the page's position. In another
 * order it is a scan.
 */
export function createAccountPages(bookSchema: z.ZodType<string>, prisma: PrismaClient, scan: Scan) {
  const filterSchema = z.object({
    prefix: ownerPrefixSchema.nullish(),
    book: bookSchema,
    order: z.enum(accountOrders, `must be one of ${accountOrders.join(', ')}`).nullish(),
  })

  const read = async (call: Prisma.Sql, book: string): Promise<readonly LedgerAccount[]> => {
    const [row] = await query(
      () => prisma.$queryRaw<{ accounts: readonly AccountRow[] | null }[]>`SELECT ${call} AS accounts`,
    )
    return (row?.accounts ?? []).map(({ balance, entryCount, createdOn, updatedOn }) => ({
      ownerId: balance.ownerId,
      book,
      balance: { ...balance, book },
      entryCount,
      createdOn: new Date(createdOn),
      updatedOn: new Date(updatedOn),
    }))
  }

  return async (input: AccountsInput): Promise<AccountPage> => {
    const { prefix, book, order } = parseInput(filterSchema, input)
    if (order == null || order === 'OWNER') {
      const range = pageRange(input, ownerCursors)
      const call = Prisma.sql`ledger.accounts_page(
        ${book}::text, ${prefix ?? ''}::text, ${range.after ?? ''}::text, ${range.before ?? null}::text,
        ${range.backward}::boolean, ${range.size + 1}::int)`
      return toPage(range, await read(call, book), ownerCursors, { positionOf: ({ ownerId }) => ownerId })
    }
    const { by, cursors, rankOf } = ranks[order]
    const range = pageRange(input, cursors)
    const call = Prisma.sql`ledger.sorted_accounts(
      ${book}::text, ${prefix ?? ''}::text, ${by}::text, ${placeValues(range.after)}, ${placeValues(range.before)},
      ${range.backward}::boolean, ${range.size + 1}::int)`
    const accounts = await scan(() => read(call, book))
    return toPage(range, accounts, cursors, {
      positionOf: (account) => `${rankOf(account)}:${account.ownerId}`,
    })
  }
}
