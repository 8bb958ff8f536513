import { z } from 'zod'
import type { PrismaClient } from '../database/database.ts'
import { query } from '../database/database-errors.ts'
import { countSchema, parseInput } from '../input.ts'
import { lastMillisecondBefore } from '../moment.ts'
import type { Scan } from './scans.ts'
import { boundedWindows, credits, type SummaryInput, windowFields } from './summary.ts'

/** What all accounts of a book have together, those that other apps use too. */
export interface LedgerTotals {
  readonly book: string
  /** How many accounts there are. */
  readonly accounts: number
  /** The sum of their balances, in credits. */
  readonly amount: number
  /** The credits that their live holds set aside. */
  readonly held: number
  /** The sum of how far below 0 they may go. */
  readonly overdraft: number
  /** How many of them are frozen, for all postings or for spending. */
  readonly frozen: number
  readonly closed: number
}

/** Selects the windows of a book. */
export type OutstandingInput<Book extends string = string> = Omit<
  SummaryInput<string, Book>,
  'ownerId' | 'operations'
>

/** What all accounts of a book had at the end of a window. */
export interface OutstandingLine {
  /** When the window began. */
  readonly start: Date
  /** In credits: at the end of the window, or for the last one at `to` or now. */
  readonly amount: number
}

interface TotalsRow extends Pick<LedgerTotals, 'accounts' | 'frozen' | 'closed'> {
  readonly amount: string
  readonly held: string
  readonly overdraft: string
}

/** The longest time ahead that can be asked for, in days. */
const maxDaysAhead = 366

/** Reads what the accounts of a book have together. Each read is a scan. */
export function createTotals(bookSchema: z.ZodType<string>, prisma: PrismaClient, scan: Scan) {
  const bookOnly = z.object({ book: bookSchema })
  const withinSchema = bookOnly.extend({ within: countSchema('days', [1, maxDaysAhead]) })
  const windowsSchema = boundedWindows(bookOnly.extend(windowFields))
  return {
    async totals(input: { readonly book?: string | null | undefined } = {}): Promise<LedgerTotals> {
      const { book } = parseInput(bookOnly, input)
      const [row] = await scan(() =>
        query(
          () =>
            prisma.$queryRaw<{ totals: TotalsRow | null }[]>`SELECT ledger.totals(${book}::text) AS totals`,
        ),
      )
      const {
        accounts = 0,
        amount = '0',
        held = '0',
        overdraft = '0',
        frozen = 0,
        closed = 0,
      } = row?.totals ?? {}
      const sum = (text: string) => credits(text, 'book')
      return {
        book,
        accounts,
        amount: sum(amount),
        held: sum(held),
        overdraft: sum(overdraft),
        frozen,
        closed,
      }
    },

    async expiringWithin(
      within: number,
      options: { readonly book?: string | null | undefined } = {},
    ): Promise<number> {
      const { book, ...days } = parseInput(withinSchema, { within, ...options })
      const [row] = await scan(() =>
        query(
          () => prisma.$queryRaw<{ amount: string | null }[]>`
            SELECT ledger.expiring_within(${book}::text, ${days.within}::int) AS amount`,
        ),
      )
      return credits(row?.amount ?? '0', 'within')
    },

    async outstanding(input: OutstandingInput): Promise<readonly OutstandingLine[]> {
      const { book, from, to, per } = parseInput(windowsSchema, input)
      const [after, until] = [from, to].map((moment) => lastMillisecondBefore(moment).toISOString())
      const [row] = await scan(() =>
        query(
          () => prisma.$queryRaw<{ lines: readonly { start: number; amount: string }[] | null }[]>`
            SELECT ledger.outstanding(${book}::text, ${after}::timestamptz, ${until}::timestamptz, ${per}::text) AS lines`,
        ),
      )
      return (row?.lines ?? []).map(({ start, amount }) => ({
        start: new Date(start),
        amount: credits(amount),
      }))
    },
  }
}
