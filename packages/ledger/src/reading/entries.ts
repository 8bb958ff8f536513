import type DataLoader from 'dataloader'
import { z } from 'zod'
import type { PrismaClient } from '../database/database.ts'
import type { LedgerEntry } from '../entry.ts'
import { metadataPairSchema, momentSchema, operationsSchema, ownerIdSchema, parseInput } from '../input.ts'
import { lastMillisecondBefore } from '../moment.ts'
import type { Operations } from '../operations/operations.ts'
import type { RowReader } from '../rows.ts'
import { type PageParts, type PageRow, type PageShape, rangesPerOperation } from './entries-query.ts'
import { createLoader } from './loader.ts'
import { type Page, type PageInput, pageRange, textCursors, toPage } from './page.ts'
import { createPageReader } from './page-reader.ts'
import type { Scan } from './scans.ts'

/** The direction of a list of entries. */
export type EntryOrder = 'NEWEST_FIRST' | 'OLDEST_FIRST'

/** Which entries a list has, and in which order. */
export interface EntryFilter<Operation extends string = string> {
  /** Only entries of these operations. All when null or left out. */
  readonly operations?: readonly Operation[] | null | undefined
  /** Only entries from this moment on. */
  readonly from?: Date | null | undefined
  /** Only entries before this moment. */
  readonly to?: Date | null | undefined
  /**
   * Only entries whose metadata has this value under this key. A page looks at 10,000 entries at most. It may have
   * fewer matches than asked for, and its end cursor then continues the search.
   */
  readonly metadata?: { readonly key: string; readonly value: string } | null | undefined
  /** Newest first when left out. */
  readonly order?: EntryOrder | null | undefined
}

/** Which entries to read, and which page of them. */
export interface EntriesInput<Operation extends string = string, Book extends string = string>
  extends EntryFilter<Operation>,
    PageInput {
  /**
   * Whose entries, by seq. When null or left out, those of all owners, by id: a page with any filter then looks at 10,000
   * entries at most, and the list ends where a transaction that is open may still add an entry.
   */
  readonly ownerId?: string | null | undefined
  /** The app's own when left out. */
  readonly book?: Book | null | undefined
}

/** A page of entries. */
export type EntryPage<Operation extends string = string> = Page<LedgerEntry<Operation>>

const maxSeq = 2n ** 53n

/** The most entries that a page with a metadata filter looks at. */
const maxExamined = 10_000

/** The cursors of an owner's entries. A position is a seq, or 0 before the first entry. */
export const entryCursors = textCursors('seq', (text) =>
  /^(0|[1-9]\d{0,15})$/.test(text) ? BigInt(text) : undefined,
)

/** The most pages that one query reads. */
const maxPages = 100

/** Returns the schema of a list's filter. */
export function entryFilterSchema(known: Operations) {
  return z.object({
    operations: operationsSchema(known).nullish(),
    from: momentSchema.nullish(),
    to: momentSchema.nullish(),
    metadata: metadataPairSchema.nullish(),
    order: z.enum(['NEWEST_FIRST', 'OLDEST_FIRST'], 'must be NEWEST_FIRST or OLDEST_FIRST').nullish(),
  })
}

/**
 * Reads pages of an owner's entries in a book. The cost does not depend on a page's position. Pages of the same turn and
 * shape share one query, but not on a cluster.
 */
export function createEntryPages<Operation extends string>({
  app,
  book,
  filterSchema,
  prisma,
  rows,
  scan,
}: {
  readonly app: string
  readonly book: string
  readonly filterSchema: z.ZodType<EntryFilter>
  readonly prisma: PrismaClient
  readonly rows: RowReader<Operation>
  readonly scan: Scan
}) {
  const schema = z.object({ ownerId: ownerIdSchema }).and(filterSchema)
  const readPages = createPageReader({ app, book }, prisma)
  const loaders = new Map<string, DataLoader<PageParts, PageRow>>()
  const read = (shape: PageShape, page: PageParts): Promise<PageRow> => {
    const name = JSON.stringify(shape)
    const loader =
      loaders.get(name) ??
      createLoader((pages: readonly PageParts[]) => {
        const readAll = () => readPages(shape, pages)
        return shape.byMetadata ? scan(readAll) : readAll()
      }, maxPages)
    loaders.set(name, loader)
    return loader.load(page)
  }

  return async (input: EntriesInput<Operation>): Promise<EntryPage<Operation>> => {
    const { ownerId, operations, from, to, metadata, order } = parseInput(schema, input)
    const range = pageRange(input, entryCursors)
    const isOldestFirst = order === 'OLDEST_FIRST'
    const [above, below] = isOldestFirst ? [range.after, range.before] : [range.before, range.after]
    const count = range.size + 1
    const ranges = operations ? rangesPerOperation * new Set(operations).size : 1
    const examined = metadata ? Math.ceil(maxExamined / Math.max(ranges, 1)) : count
    const { found, last } = await read(
      {
        isDescending: isOldestFirst === range.backward,
        byOperation: operations != null,
        byMetadata: metadata != null,
      },
      {
        ownerId,
        above: above ?? 0n,
        below: below ?? maxSeq,
        after: from ? lastMillisecondBefore(from) : null,
        until: to ? lastMillisecondBefore(to) : null,
        operations: operations ?? null,
        metadata: metadata ? JSON.stringify({ [metadata.key]: metadata.value }) : null,
        count,
        examined,
      },
    )
    return toPage(range, (found ?? []).map(rows.entry), entryCursors, {
      positionOf: ({ seq }) => BigInt(seq),
      stoppedAt: last === null ? undefined : BigInt(last),
    })
  }
}
