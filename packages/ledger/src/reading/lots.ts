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
/** Two numbers: the seq of an entry, and the id of a lot that it made or the place of a use. */
const parsePosition = (text: string) => (/^\d{1,18}\.\d{1,18}$/.test(text) ? text : undefined)
const lotCursors = textCursors('lot', parsePosition)
const useCursors = textCursors('use', parsePosition)

/** Returns the numbers of a position. The least ones when it is left out. */
const after = (position = '-1.0') => position.split('.').map(BigInt)
/** Returns the numbers of a position. Ones beyond all others when it is left out. */
const before = (position = `${2n ** 62n}.0`) => position.split('.').map(BigInt)

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
          ${book}::text, ${ownerId}::text, ${live}::boolean, ${after(range.before)}::bigint[], ${before(range.after)}::bigint[],
          ${!range.backward}::boolean, ${range.size + 1}::int) AS lots`,
    )
    return toPage(range, (row?.lots ?? []).map(lotOf), lotCursors, {
      positionOf: ({ seq, id }) => `${seq}.${id}`,
    })
  }
}

/** Reads pages of the uses of a lot. Each page is one query, whose cost does not depend on the page's position. */
export function createLotUsePages(
  schema: z.ZodType<{ readonly ownerId: string; readonly book: string }>,
  prisma: PrismaClient,
) {
  return async (input: LotUsesInput): Promise<LotUsePage> => {
    const { ownerId, book } = parseInput(schema, input)
    const { lotId } = parseInput(z.object({ lotId: idSchema }), input)
    const range = pageRange(input, useCursors)
    const id = idPattern.test(lotId) ? BigInt(lotId) : null
    const [row] = await query(
      () => prisma.$queryRaw<{ uses: readonly LotUse[] | null }[]>`
        SELECT ledger.lot_uses_page(
          ${book}::text, ${ownerId}::text, ${id}::bigint, ${after(range.after)}::bigint[], ${before(range.before)}::bigint[],
          ${range.backward}::boolean, ${range.size + 1}::int) AS uses`,
    )
    return toPage(range, row?.uses ?? [], useCursors, { positionOf: ({ seq, place }) => `${seq}.${place}` })
  }
}
