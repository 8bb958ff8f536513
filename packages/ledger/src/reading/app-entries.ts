import type { z } from 'zod'
import type { PrismaClient } from '../database/database.ts'
import { parseInput } from '../input.ts'
import { lastMillisecondBefore } from '../moment.ts'
import type { RowReader } from '../rows.ts'
import type { EntriesInput, EntryFilter, EntryPage } from './entries.ts'
import type { PageRow } from './entries-query.ts'
import { type Horizon, inOrder } from './horizon.ts'
import { pageRange, textCursors, toPage } from './page.ts'
import type { Scan } from './scans.ts'

/** The cursors of a whole app's entries. A position is an id, or 0 before the first entry. */
export const appCursors = textCursors('id', (text) =>
  /^(0|[1-9]\d{0,17})$/.test(text) ? BigInt(text) : undefined,
)

/** The most entries that a page looks at for those that match. */
const maxExamined = 10_000

/**
 * Reads pages of an app's entries in a book, of all owners, by id. The list ends where a transaction that is open may still
 * add an entry. The cost of a page does not depend on its position. A page that looks for operations, a time or metadata is
 * a scan.
 */
export function createAppEntryPages<Operation extends string>({
  app,
  book,
  filterSchema,
  isOnlyBook,
  horizon,
  prisma,
  rows,
  scan,
}: {
  readonly app: string
  readonly book: string
  readonly filterSchema: z.ZodType<EntryFilter>
  /** Whether this server knows no other book of the app. */
  readonly isOnlyBook: boolean
  readonly horizon: Horizon
  readonly prisma: PrismaClient
  readonly rows: RowReader<Operation>
  readonly scan: Scan
}) {
  return async (input: Omit<EntriesInput<Operation>, 'ownerId'>): Promise<EntryPage<Operation>> => {
    const { operations, from, to, metadata, order } = parseInput(filterSchema, input)
    const range = pageRange(input, appCursors)
    const isOldestFirst = order === 'OLDEST_FIRST'
    const [above, below] = isOldestFirst ? [range.after, range.before] : [range.before, range.after]
    const isDescending = isOldestFirst === range.backward
    const isSearch = [operations, from, to, metadata].some((given) => given != null)
    const size = range.size + 1
    const examined = isSearch || !isOnlyBook ? maxExamined : size
    const moment = (given: Date | null | undefined) =>
      given ? lastMillisecondBefore(given).toISOString() : null

    const read = async (end: bigint) => {
      const ask = () =>
        inOrder(
          () => prisma.$queryRaw<{ page: PageRow | null }[]>`
            SELECT ledger.app_entries(
              ${app}::text, ${book}::text, ${above ?? 0n}::bigint, ${end}::bigint,
              ${moment(from)}::timestamptz, ${moment(to)}::timestamptz, ${operations ?? null}::text[],
              ${metadata ? JSON.stringify({ [metadata.key]: metadata.value }) : null}::jsonb, ${isDescending}::boolean,
              ${size}::int, ${examined}::int) AS page`,
        )
      const [row] = await (isSearch ? scan(ask) : ask())
      const { found, last } = row?.page ?? { found: null, last: null }
      return toPage(range, (found ?? []).map(rows.entry), appCursors, {
        positionOf: ({ id }) => BigInt(id),
        stoppedAt: last === null ? undefined : BigInt(last),
      })
    }

    // What lies before a cursor is decided, because every cursor is.
    if (below !== undefined) return read(below)
    // A page that the known part fills needs no look at what is open.
    if (!isDescending && horizon.decided !== undefined) {
      const page = await read(horizon.decided + 1n)
      if (isOldestFirst ? page.pageInfo.hasNextPage : page.pageInfo.hasPreviousPage) return page
    }
    return read((await horizon.reach()) + 1n)
  }
}
