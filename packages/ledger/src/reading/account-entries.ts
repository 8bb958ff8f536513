import type { z } from 'zod'
import type { PrismaClient } from '../database/database.ts'
import { query } from '../database/database-errors.ts'
import type { LedgerEntry } from '../entry.ts'
import { parseInput } from '../input.ts'
import type { EntryRow, RowReader } from '../rows.ts'
import { entryCursors } from './entries.ts'
import { type Page, type PageInput, pageRange, toPage } from './page.ts'

/** An entry of another app that shares the book: what every app of the book may know of it. */
export interface OtherAppsEntry {
  /** The app that posted it. */
  readonly app: string
  readonly ownerId: string
  readonly book: string
  /** Counts the account's entries from 1, those of all apps that share the book, without gaps. */
  readonly seq: number
  /** The name of an operation of that app. */
  readonly operationName: string
  /** Signed credits: + in, - out. */
  readonly amount: number
  /** The account's balance just after this entry, in credits. */
  readonly balanceAfter: number
  /** UTC, to the millisecond. It never decreases along seq. */
  readonly createdOn: Date
}

/** An entry of the app, or of another app that shares the book. */
export type AccountEntry<Operation extends string = string> = LedgerEntry<Operation> | OtherAppsEntry

/** Which account to read, newest entries first, and which page of it. */
export interface AccountEntriesInput<Book extends string = string> extends PageInput {
  readonly ownerId: string
  /** The app's own when left out. */
  readonly book?: Book | null | undefined
}

export type AccountEntryPage<Operation extends string = string> = Page<AccountEntry<Operation>>

/** As ledger.account_entries returns it. */
interface OtherAppsRow extends Omit<OtherAppsEntry, 'operationName' | 'createdOn'> {
  readonly operation: string
  readonly createdOn: number
}

const maxSeq = 2n ** 53n

/** Reads pages of accounts. Each page is one query, whose cost does not depend on the page's position. */
export function createAccountEntries<Operation extends string>({
  app,
  schema,
  prisma,
  rows,
}: {
  readonly app: string
  readonly schema: z.ZodType<{ readonly ownerId: string; readonly book: string }>
  readonly prisma: PrismaClient
  readonly rows: RowReader<Operation>
}) {
  const entryOf = (row: EntryRow | OtherAppsRow): AccountEntry<Operation> => {
    if (!('app' in row)) return rows.entry(row)
    const { operation: operationName, createdOn, ...entry } = row
    return { ...entry, operationName, createdOn: new Date(createdOn) }
  }
  return async (input: AccountEntriesInput): Promise<AccountEntryPage<Operation>> => {
    const { ownerId, book } = parseInput(schema, input)
    const range = pageRange(input, entryCursors)
    const [row] = await query(
      () => prisma.$queryRaw<{ entries: readonly (EntryRow | OtherAppsRow)[] | null }[]>`
        SELECT ledger.account_entries(
          ${app}::text, ${book}::text, ${ownerId}::text, ${range.before ?? 0n}::bigint, ${range.after ?? maxSeq}::bigint,
          ${!range.backward}::boolean, ${range.size + 1}::int) AS entries`,
    )
    return toPage(range, (row?.entries ?? []).map(entryOf), entryCursors, {
      positionOf: ({ seq }) => BigInt(seq),
    })
  }
}
