import { z } from 'zod'
import type { PrismaClient } from '../database.ts'
import { query } from '../database-errors.ts'
import type { LedgerEntry } from '../entry.ts'
import { Prisma } from '../generated/prisma/client.ts'
import { metadataPairSchema, momentSchema, operationsSchema, ownerIdSchema, parseInput } from '../input.ts'
import type { Operations } from '../operations.ts'
import type { EntryRow, RowReader } from '../rows.ts'
import { type Page, type PageInput, pageRange, textCursors, toPage } from './page.ts'

/** Which way a list of entries goes. */
export type EntryOrder = 'NEWEST_FIRST' | 'OLDEST_FIRST'

/** Which entries of an owner, and which page of them. */
export interface EntriesInput<Operation extends string = string> extends PageInput {
  readonly ownerId: string
  /** Only entries of these operations; null or left out: all. */
  readonly operations?: readonly Operation[] | null | undefined
  /** Only entries from this moment on. */
  readonly from?: Date | null | undefined
  /** Only entries before this moment. */
  readonly to?: Date | null | undefined
  /**
   * Only entries whose metadata has this value under this key. At most 10,000 entries are looked at for a page: one with
   * fewer matches is short, and its end cursor goes on.
   */
  readonly metadata?: { readonly key: string; readonly value: string } | null | undefined
  /** Newest first when left out. */
  readonly order?: EntryOrder | null | undefined
}

/** A page of an owner's entries. */
export type EntryPage<Operation extends string = string> = Page<LedgerEntry<Operation>>

/** The most entries that a page with a metadata filter looks at. */
const maxExamined = 10_000
const maxSeq = 2n ** 53n

/** Positions in an owner's entries: a seq, 0 before the first. */
export const entryCursors = textCursors('seq', (text) =>
  /^(0|[1-9]\d{0,15})$/.test(text) ? BigInt(text) : undefined,
)

/** Reads pages of entries. Each is one query of the same cost at any depth. */
export function createEntryPages<Operation extends string>({
  app,
  operations: known,
  prisma,
  rows,
}: {
  readonly app: string
  readonly operations: Operations
  readonly prisma: PrismaClient
  readonly rows: RowReader<Operation>
}) {
  const filterSchema = z.object({
    ownerId: ownerIdSchema,
    operations: operationsSchema(known).nullish(),
    from: momentSchema.nullish(),
    to: momentSchema.nullish(),
    metadata: metadataPairSchema.nullish(),
    order: z.enum(['NEWEST_FIRST', 'OLDEST_FIRST'], 'must be NEWEST_FIRST or OLDEST_FIRST').nullish(),
  })

  return async (input: EntriesInput<Operation>): Promise<EntryPage<Operation>> => {
    const { ownerId, operations, from, to, metadata, order } = parseInput(filterSchema, input)
    const range = pageRange(input, entryCursors)
    const isOldestFirst = order === 'OLDEST_FIRST'
    const [above, below] = isOldestFirst ? [range.after, range.before] : [range.before, range.after]
    const isDescending = isOldestFirst === range.backward
    const direction = isDescending ? Prisma.sql`DESC` : Prisma.sql`ASC`
    const wanted = range.size + 1
    // A range of the index for each of these: what one of them alone may look at.
    const ranges = operations ? 2 * new Set(operations).size : 1
    const limit = metadata ? Math.ceil(maxExamined / Math.max(ranges, 1)) : wanted

    const isWithin = Prisma.sql`
      e.app = ${app} AND e.owner_id = ${ownerId}
      AND e.seq > greatest(${above ?? 0n}::bigint, ${seqBefore(app, ownerId, from) ?? Prisma.sql`0`})
      AND e.seq < ${below ?? maxSeq}::bigint AND e.seq <= ${seqBefore(app, ownerId, to) ?? maxSeq}`
    const chosen = Prisma.sql`SELECT e AS entry, e.seq FROM ledger.entries e WHERE ${isWithin}`
    const ordered = Prisma.sql`ORDER BY e.seq ${direction} LIMIT ${limit}`
    const examined = operations
      ? Prisma.sql`
          SELECT e.entry, e.seq, ROW(wanted, linked) AS range
            FROM (SELECT DISTINCT unnest(${operations}::text[])) AS wanted (operation)
           CROSS JOIN (VALUES (0), (1)) AS linked (count)
           CROSS JOIN LATERAL (
             ${chosen} AND e.operation = wanted.operation
               AND num_nonnulls(e.reverses, e.refunds, e.hold_id) = linked.count ${ordered}
           ) e`
      : Prisma.sql`SELECT e.entry, e.seq, NULL AS range FROM (${chosen} ${ordered}) e`
    const matches = metadata
      ? Prisma.sql`
          (entry).metadata @> ${JSON.stringify({ [metadata.key]: metadata.value })}::jsonb
          AND seq ${isDescending ? Prisma.sql`>=` : Prisma.sql`<=`} coalesce((SELECT seq FROM stop), seq)`
      : Prisma.sql`true`
    const [page] = await query(
      () => prisma.$queryRaw<{ found: EntryRow[] | null; last: string | null }[]>`
        WITH examined AS MATERIALIZED (${examined}),
        placed AS (SELECT seq, row_number() OVER (PARTITION BY range ORDER BY seq ${direction}) AS place FROM examined),
        stop AS (SELECT seq FROM placed WHERE place = ${metadata ? limit : null}::bigint ORDER BY seq ${direction} LIMIT 1),
        found AS (SELECT entry, seq FROM examined WHERE ${matches} ORDER BY seq ${direction} LIMIT ${wanted})
        SELECT (SELECT json_agg(ledger.entry_json(entry) ORDER BY seq ${direction}) FROM found) AS found,
               (SELECT seq::text FROM stop) AS last`,
    )
    return toPage(range, (page?.found ?? []).map(rows.entry), entryCursors, {
      positionOf: ({ seq }) => BigInt(seq),
      stoppedAt: page?.last == null ? undefined : BigInt(page.last),
    })
  }
}

/** The seq of the owner's last entry before a moment. */
function seqBefore(app: string, ownerId: string, moment: Date | null | undefined): Prisma.Sql | undefined {
  if (moment == null) return undefined
  const last = new Date(moment.getTime() - 1)
  return Prisma.sql`(SELECT ledger.seq_at(${app}::text, ${ownerId}::text, ${last.toISOString()}::timestamptz))`
}
