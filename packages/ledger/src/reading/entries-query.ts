import { Prisma } from '../generated/prisma/client.ts'
import type { EntryRow } from '../rows.ts'

/** The most entries that a page with a metadata filter looks at. */
const maxExamined = 10_000

/** Which entries a page has, in SQL: `above` and `below` are the seqs around them, `count` is how many at most. */
export type PageParts = Readonly<
  Record<'ownerId' | 'above' | 'below' | 'operations' | 'metadata' | 'count', Prisma.Sql>
>

/** What was read: the entries in the direction of reading, and the seq at which it stopped for now. */
export interface PageRow {
  readonly found: readonly EntryRow[] | null
  readonly last: string | null
}

/** What pages must have in common to be read by one query. */
export interface PageShape {
  readonly isDescending: boolean
  readonly byOperation: boolean
  readonly byMetadata: boolean
}

/** Reads pages, and answers them in their order. */
export function pagesQuery(app: string, shape: PageShape, pages: readonly PageParts[]): Prisma.Sql {
  const [only] = pages
  if (only && pages.length === 1) return pageQuery(app, shape, only)
  const values = pages.map(
    ({ ownerId, above, below, operations, metadata, count }, place) =>
      Prisma.sql`(${place}::int, ${ownerId}, ${above}, ${below}, ${operations}, ${metadata}, ${count})`,
  )
  return Prisma.sql`
    SELECT read.found, read.last
      FROM (VALUES ${Prisma.join(values)}) page (place, owner_id, above, below, operations, metadata, count)
     CROSS JOIN LATERAL (${pageQuery(app, shape, columns)}) read ORDER BY page.place`
}

/** A page whose parts are those of a row. */
const columns: PageParts = {
  ownerId: Prisma.sql`page.owner_id`,
  above: Prisma.sql`page.above`,
  below: Prisma.sql`page.below`,
  operations: Prisma.sql`page.operations`,
  metadata: Prisma.sql`page.metadata`,
  count: Prisma.sql`page.count`,
}

function pageQuery(
  app: string,
  { isDescending, byOperation, byMetadata }: PageShape,
  { ownerId, above, below, operations, metadata, count }: PageParts,
): Prisma.Sql {
  const ordered = isDescending ? Prisma.sql`ORDER BY seq DESC` : Prisma.sql`ORDER BY seq`
  const limit = byMetadata ? Prisma.sql`LIMIT ${maxExamined}` : Prisma.sql`LIMIT ${count}`
  const isWithin = Prisma.sql`
    e.app = ${app} AND e.owner_id = ${ownerId} AND e.seq > ${above} AND e.seq < ${below}`
  const examined = byOperation
    ? Prisma.sql`
        SELECT e.entry, e.seq FROM (SELECT DISTINCT unnest(${operations})) AS wanted (operation)
         CROSS JOIN LATERAL (
           SELECT e AS entry, e.seq FROM ledger.entries e
            WHERE ${isWithin} AND e.operation = wanted.operation ${ordered} ${limit}
         ) e ${ordered} ${limit}`
    : Prisma.sql`SELECT e AS entry, e.seq FROM ledger.entries e WHERE ${isWithin} ${ordered} ${limit}`
  const matches = byMetadata ? Prisma.sql`(entry).metadata @> ${metadata}` : Prisma.sql`true`
  return Prisma.sql`
    WITH examined AS MATERIALIZED (${examined}),
    found AS (SELECT entry, seq FROM examined WHERE ${matches} ${ordered} LIMIT ${count})
    SELECT (SELECT json_agg(ledger.entry_json(entry) ${ordered}) FROM found) AS found,
           (SELECT seq::text FROM examined ${ordered} OFFSET ${maxExamined - 1}) AS last`
}

/** The seq of the owner's last entry before a moment; null without one, which PostgreSQL's greatest and least pass over. */
export function seqBefore(app: string, ownerId: string, moment: Date | null | undefined): Prisma.Sql {
  if (moment == null) return Prisma.sql`NULL::bigint`
  const last = new Date(moment.getTime() - 1)
  return Prisma.sql`(SELECT ledger.seq_at(${app}::text, ${ownerId}::text, ${last.toISOString()}::timestamptz))`
}
