import { Prisma } from '../generated/prisma/client.ts'
import type { EntryRow } from '../rows.ts'

/** Where the entries are: those of an app in a book. */
export interface BookOfApp {
  readonly app: string
  readonly book: string
}

/** Which entries a page has, and how many. */
export interface PageParts {
  readonly ownerId: string
  /** The exclusive bounds of the seqs. */
  readonly above: bigint
  readonly below: bigint
  /** The last moment before the entries, and the last moment that they may have. Null for any. */
  readonly after: Date | null
  readonly until: Date | null
  readonly operations: readonly string[] | null
  /** JSON. */
  readonly metadata: string | null
  /** The most entries to return. */
  readonly count: number
  /** The most entries to look at in each range of the index. */
  readonly examined: number
}

/** The values of a page's query. */
type PageValues = Readonly<
  Record<'ownerId' | 'above' | 'below' | 'operations' | 'metadata' | 'count' | 'examined', Prisma.Sql>
>

/** The entries that were found, in reading order, and the seq at which the search stopped early. */
export interface PageRow {
  readonly found: readonly EntryRow[] | null
  readonly last: string | null
}

/** The properties that pages must share to be read by one query. */
export interface PageShape {
  readonly isDescending: boolean
  readonly byOperation: boolean
  readonly byMetadata: boolean
}

/**
 * Makes the query that reads pages and returns them in order. Other reads are functions in prisma/functions. This one
 * would have to join strings there to make its eight shapes.
 */
export function pagesQuery(place: BookOfApp, shape: PageShape, pages: readonly PageParts[]): Prisma.Sql {
  const pageValues = pages.map((page) => valuesOf(place, page))
  const [only] = pageValues
  if (only && pages.length === 1) return pageQuery(place, shape, only)
  const values = pageValues.map(
    ({ ownerId, above, below, operations, metadata, count, examined }, number) =>
      Prisma.sql`(${number}::int, ${ownerId}, ${above}, ${below}, ${operations}, ${metadata}, ${count}, ${examined})`,
  )
  return Prisma.sql`
    SELECT read.found, read.last
      FROM (VALUES ${Prisma.join(values)})
             page (place, owner_id, above, below, operations, metadata, count, examined)
     CROSS JOIN LATERAL (${pageQuery(place, shape, columns)}) read ORDER BY page.place`
}

function valuesOf(place: BookOfApp, page: PageParts): PageValues {
  const { ownerId, above, below, after, until, operations, metadata, count, examined } = page
  return {
    ownerId: Prisma.sql`${ownerId}::text`,
    above: Prisma.sql`greatest(${above}::bigint, ${seqAt(place, ownerId, after)})`,
    below: Prisma.sql`least(${below}::bigint, ${seqAt(place, ownerId, until)} + 1)`,
    operations: Prisma.sql`${operations}::text[]`,
    metadata: Prisma.sql`${metadata}::jsonb`,
    count: Prisma.sql`${count}::int`,
    examined: Prisma.sql`${examined}::int`,
  }
}

/** The page of a query that reads several pages: its values are columns of a row. */
const columns: PageValues = {
  ownerId: Prisma.sql`page.owner_id`,
  above: Prisma.sql`page.above`,
  below: Prisma.sql`page.below`,
  operations: Prisma.sql`page.operations`,
  metadata: Prisma.sql`page.metadata`,
  count: Prisma.sql`page.count`,
  examined: Prisma.sql`page.examined`,
}

/** By operation, a page is read from two ranges of the index for each operation: plain entries, and linked ones. */
export const rangesPerOperation = 2

function pageQuery(
  { app, book }: BookOfApp,
  { isDescending, byOperation, byMetadata }: PageShape,
  { ownerId, above, below, operations, metadata, count, examined: limit }: PageValues,
): Prisma.Sql {
  const direction = isDescending ? Prisma.sql`DESC` : Prisma.sql`ASC`
  const isWithin = Prisma.sql`
    e.app = ${app} AND e.book = ${book} AND e.owner_id = ${ownerId} AND e.seq > ${above} AND e.seq < ${below}`
  const chosen = Prisma.sql`SELECT e.* FROM ledger.entries e WHERE ${isWithin}`
  const ordered = Prisma.sql`ORDER BY e.seq ${direction} LIMIT ${limit}`
  const examined = byOperation
    ? Prisma.sql`
        SELECT e.*, ROW(wanted, linked) AS range
          FROM (SELECT DISTINCT unnest(${operations})) AS wanted (operation)
         CROSS JOIN (VALUES (0), (1)) AS linked (count)
         CROSS JOIN LATERAL (
           ${chosen} AND e.operation = wanted.operation
             AND num_nonnulls(e.reverses, e.refunds, e.hold_id) = linked.count ${ordered}
         ) e`
    : Prisma.sql`SELECT e.*, NULL AS range FROM (${chosen} ${ordered}) e`
  // When one range ends at its limit, entries of the other ranges behind that seq do not belong to this page.
  const stop = byMetadata
    ? Prisma.sql`
        SELECT seq FROM (
          SELECT seq, row_number() OVER (PARTITION BY range ORDER BY seq ${direction}) AS place FROM examined
        ) placed WHERE place = ${limit} ORDER BY seq ${direction} LIMIT 1`
    : Prisma.sql`SELECT NULL::bigint AS seq`
  const matches = byMetadata
    ? Prisma.sql`
        metadata @> ${metadata}
        AND seq ${isDescending ? Prisma.sql`>=` : Prisma.sql`<=`} coalesce((SELECT seq FROM stop), seq)`
    : Prisma.sql`true`
  return Prisma.sql`
    WITH examined AS MATERIALIZED (${examined}),
    stop AS (${stop}),
    found AS (SELECT * FROM examined WHERE ${matches} ORDER BY seq ${direction} LIMIT ${count})
    SELECT (SELECT json_agg(ledger.entry_json(
              id, owner_id, seq, operation, amount, balance_after, nonce, transaction_id, metadata, created_on,
              reverses, refunds, hold_id, book) ORDER BY seq ${direction}) FROM found) AS found,
           (SELECT seq::text FROM stop) AS last`
}

/**
 * Returns the seq of the owner's last entry up to a moment. Without one it is null, which PostgreSQL's greatest and
 * least ignore.
 */
export function seqAt({ app, book }: BookOfApp, ownerId: string, moment: Date | null): Prisma.Sql {
  if (moment === null) return Prisma.sql`NULL::bigint`
  return Prisma.sql`(SELECT ledger.seq_at(${app}::text, ${ownerId}::text, ${moment.toISOString()}::timestamptz, ${book}::text))`
}
