import { z } from 'zod'
import type { PrismaClient } from '../database/database.ts'
import { query } from '../database/database-errors.ts'
import type { LedgerLot, LotUse } from '../entry.ts'
import { flagSchema, idSchema, parseInput } from '../input.ts'
import { type LotRow, lotOf } from '../rows.ts'
import { type Page, type PageInput, pageRange, textCursors, toPage } from './page.ts'

/** Which lots to read, newest first, and which page of them. */
export interface LotsInput<Book extends string = string> extends PageInput {
  readonly ownerId: string
  /** The app's own when left out. */
  readonly book?: Book | null | undefined
  /** Only lots with credits left. */
  readonly live?: boolean | null | undefined
}

export type LotPage = Page<LedgerLot>

/** Which uses of a lot to read, oldest first, and which page of them. */
export interface LotUsesInput<Book extends string = string> extends PageInput {
  readonly ownerId: string
  /** The app's own when left out. */
  readonly book?: Book | null | undefined
  readonly lotId: string
}

export type LotUsePage = Page<LotUse>

const idPattern = /^\d{1,18}$/
const lotCursors = textCursors('lot', (text) => (idPattern.test(text) ? BigInt(text) : undefined))
/** The entry and the place of a use. */
const useCursors = textCursors('use', (text) => (/^\d{1,18}\.\d{1,9}$/.test(text) ? text : undefined))
const maxId = 2n ** 62n

/** Reads pages of lots. Each page is one query, whose cost does not depend on the page's position. */
export function createLotPages(
  schema: z.ZodType<{ readonly ownerId: string; readonly book: string }>,
  prisma: PrismaClient,
) {
  return async (input: LotsInput): Promise<LotPage> => {
    const { ownerId, book } = parseInput(schema, input)
    const { live } = parseInput(z.object({ live: flagSchema }), input)
    const range = pageRange(input, lotCursors)
    const [row] = await query(
      () => prisma.$queryRaw<{ lots: readonly LotRow[] | null }[]>`
        SELECT ledger.lots_page(
          ${book}::text, ${ownerId}::text, ${live}::boolean, ${range.before ?? 0n}::bigint, ${range.after ?? maxId}::bigint,
          ${!range.backward}::boolean, ${range.size + 1}::int) AS lots`,
    )
    return toPage(range, (row?.lots ?? []).map(lotOf), lotCursors, { positionOf: ({ id }) => BigInt(id) })
  }
}

/** Reads pages of the uses of a lot. Each page is one query, whose cost does not depend on the page's position. */
export function createLotUsePages(
  schema: z.ZodType<{ readonly ownerId: string; readonly book: string }>,
  prisma: PrismaClient,
) {
  const bounds = (position: string | undefined, otherwise: bigint) =>
    position === undefined ? [otherwise, 0n] : position.split('.').map(BigInt)
  return async (input: LotUsesInput): Promise<LotUsePage> => {
    const { ownerId, book } = parseInput(schema, input)
    const { lotId } = parseInput(z.object({ lotId: idSchema }), input)
    const range = pageRange(input, useCursors)
    if (!idPattern.test(lotId)) return toPage(range, [], useCursors, { positionOf: () => '' })
    const [row] = await query(
      () => prisma.$queryRaw<{ uses: readonly LotUse[] | null }[]>`
        SELECT ledger.lot_uses_page(
          ${book}::text, ${ownerId}::text, ${BigInt(lotId)}::bigint, ${bounds(range.after, -1n)}::bigint[],
          ${bounds(range.before, maxId)}::bigint[], ${range.backward}::boolean, ${range.size + 1}::int) AS uses`,
    )
    return toPage(range, row?.uses ?? [], useCursors, {
      positionOf: ({ entryId, place }) => `${entryId}.${place}`,
    })
  }
}
