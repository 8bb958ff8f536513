import { z } from 'zod'
import type { PrismaClient } from '../database/database.ts'
import { query } from '../database/database-errors.ts'
import type { LedgerBalance } from '../entry.ts'
import { ownerIdSchema, ownerPrefixSchema, parseInput } from '../input.ts'
import { type Page, type PageInput, pageRange, textCursors, toPage } from './page.ts'

/** An owner's account in an app. */
export interface LedgerAccount {
  readonly ownerId: string
  readonly balance: LedgerBalance
  /** How many entries it has. */
  readonly entryCount: number
  readonly createdOn: Date
  /** When it last changed. */
  readonly updatedOn: Date
}

/** Which accounts to read, and which page of them. They are sorted by the bytes of their owner. */
export interface AccountsInput extends PageInput {
  /** Only owners that begin with this text. */
  readonly prefix?: string | null | undefined
}

export type AccountPage = Page<LedgerAccount>

interface AccountRow {
  readonly balance: LedgerBalance
  readonly entryCount: number
  readonly createdOn: number
  readonly updatedOn: number
}

/** The cursors of an app's accounts. A position is an owner. */
const cursors = textCursors('owner', (text) => ownerIdSchema.safeParse(text).data)

const filterSchema = z.object({ prefix: ownerPrefixSchema.nullish() })

/** Reads pages of accounts. Each page is one query, whose cost does not depend on the page's position. */
export function createAccountPages(app: string, prisma: PrismaClient) {
  return async (input: AccountsInput): Promise<AccountPage> => {
    const { prefix } = parseInput(filterSchema, input)
    const range = pageRange(input, cursors)
    const [row] = await query(
      () => prisma.$queryRaw<{ accounts: readonly AccountRow[] | null }[]>`
        SELECT ledger.accounts_page(
          ${app}::text, ${prefix ?? ''}::text, ${range.after ?? ''}::text, ${range.before ?? null}::text,
          ${range.backward}::boolean, ${range.size + 1}::int) AS accounts`,
    )
    const accounts = (row?.accounts ?? []).map(({ balance, entryCount, createdOn, updatedOn }) => ({
      ownerId: balance.ownerId,
      balance,
      entryCount,
      createdOn: new Date(createdOn),
      updatedOn: new Date(updatedOn),
    }))
    return toPage(range, accounts, cursors, { positionOf: ({ ownerId }) => ownerId })
  }
}
