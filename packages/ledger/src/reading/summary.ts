import { z } from 'zod'
import type { PrismaClient } from '../database/database.ts'
import { query } from '../database/database-errors.ts'
import type { NamedOperation } from '../entry.ts'
import { ValidationError } from '../errors.ts'
import { momentSchema, operationsSchema, ownerIdSchema, parseInput } from '../input.ts'
import { limits } from '../limits.ts'
import { isEarlier, lastMillisecondBefore } from '../moment.ts'
import type { LotKind, Operations } from '../operations/operations.ts'
import type { RowReader } from '../rows.ts'
import type { Scan } from './scans.ts'

/** The windows of a summary, in UTC. */
export const summaryWindows = ['HOUR', 'DAY', 'MONTH'] as const
export type SummaryWindow = (typeof summaryWindows)[number]

/** Selects the entries to sum up. */
export interface SummaryInput<Operation extends string = string, Book extends string = string> {
  /** The app's own when left out. */
  readonly book?: Book | null | undefined
  /** Whose entries. All of the app's when null or left out. */
  readonly ownerId?: string | null | undefined
  /** From this moment on. */
  readonly from: Date
  /** Before this moment. */
  readonly to: Date
  readonly per: SummaryWindow
  /** Only entries of these operations. All when null or left out. */
  readonly operations?: readonly Operation[] | null | undefined
}

/** The entries of one operation in one window. */
export interface SummaryLine<Operation extends string = string> extends NamedOperation<Operation> {
  /** When the window began. */
  readonly start: Date
  /** The number of entries, without reversals and refunds. */
  readonly count: number
  /** The sum of these entries, in signed credits. */
  readonly gross: number
  /** The sum of the reversals and refunds in this window, in signed credits. `gross + reversed` is the net amount. */
  readonly reversed: number
}

const windowMs = { HOUR: 3_600_000, DAY: 86_400_000, MONTH: 28 * 86_400_000 } as const satisfies Record<
  SummaryWindow,
  number
>

/** Selects the lots to sum up: those that the app made in a book. */
export type LotSummaryInput<Book extends string = string> = Omit<SummaryInput<string, Book>, 'operations'>

/** What became of lots of one kind in one window, in credits. */
export interface LotSummaryLine {
  readonly kind: LotKind
  /** When the window began. */
  readonly start: Date
  readonly granted: number
  /** What entries took, without what corrections gave back. A transfer uses lots of one owner, and grants others. */
  readonly used: number
  readonly expired: number
  readonly voided: number
  /** What was left at the end of the window. */
  readonly outstanding: number
}

/** Returns the most lines that a summary can have: one per operation and window. */
export function summarySize(
  { from, to, per, operations }: Omit<SummaryInput, 'ownerId'>,
  operationCount: number,
): number {
  // The time may begin and end within a window.
  const windows = Math.ceil((to.getTime() - from.getTime()) / windowMs[per]) + 1
  return (
    Math.min(windows, limits.summaryWindows + 1) *
    Math.min(operations?.length ?? operationCount, operationCount)
  )
}

/** The fields that select windows. */
export const windowFields = {
  from: momentSchema,
  to: momentSchema,
  per: z.enum(summaryWindows, `must be one of ${summaryWindows.join(', ')}`),
}

const fields = { ownerId: ownerIdSchema.nullish(), ...windowFields }

/** Lets a summary have a number of windows. */
export const boundedWindows = <Input extends Pick<SummaryInput, 'from' | 'to' | 'per'>>(
  schema: z.ZodType<Input>,
) =>
  schema
    .refine(({ from, to }) => isEarlier(from, to), { path: ['to'], error: 'must be after from' })
    .refine(({ from, to, per }) => (to.getTime() - from.getTime()) / windowMs[per] <= limits.summaryWindows, {
      path: ['to'],
      error: `must be at most ${limits.summaryWindows} windows after from`,
    })

interface SummaryRow {
  readonly operation: string
  readonly start: number
  readonly count: number
  readonly gross: string
  readonly reversed: string
}

/** Reads summaries of a book. Each is one query over the entries of its time. */
export function createSummary<Operation extends string>({
  app,
  book,
  operations: known,
  prisma,
  rows,
  scan,
}: {
  readonly app: string
  readonly book: string
  readonly operations: Operations
  readonly prisma: PrismaClient
  readonly rows: RowReader<Operation>
  readonly scan: Scan
}) {
  const schema = boundedWindows(z.object({ ...fields, operations: operationsSchema(known).nullish() }))
  return async (input: SummaryInput<Operation>): Promise<readonly SummaryLine<Operation>[]> => {
    const { ownerId, from, to, per, operations } = parseInput(schema, input)
    const [after, until] = [from, to].map((moment) => lastMillisecondBefore(moment).toISOString())
    const [row] = await scan(() =>
      query(
        () => prisma.$queryRaw<{ lines: readonly SummaryRow[] | null }[]>`
          SELECT ledger.summary(
            ${app}::text, ${ownerId ?? null}::text, ${after}::timestamptz, ${until}::timestamptz, ${per}::text,
            ${operations ?? null}::text[], ${book}::text) AS lines`,
      ),
    )
    return (row?.lines ?? []).map(({ operation, start, count, gross, reversed }) => ({
      ...rows.operation(operation),
      start: new Date(start),
      count,
      gross: credits(gross),
      reversed: credits(reversed),
    }))
  }
}

type LotSummaryRow = Readonly<Record<'granted' | 'used' | 'expired' | 'voided' | 'outstanding', string>> &
  Pick<LotSummaryLine, 'kind'> & { readonly start: number }

/** Reads summaries of the lots that an app made in a book. Each is one query over all of these lots. */
export function createLotSummary({
  app,
  book,
  prisma,
  scan,
}: {
  readonly app: string
  readonly book: string
  readonly prisma: PrismaClient
  readonly scan: Scan
}) {
  const schema = boundedWindows(z.object(fields))
  return async (input: LotSummaryInput): Promise<readonly LotSummaryLine[]> => {
    const { ownerId, from, to, per } = parseInput(schema, input)
    const [after, until] = [from, to].map((moment) => lastMillisecondBefore(moment).toISOString())
    const [row] = await scan(() =>
      query(
        () => prisma.$queryRaw<{ lines: readonly LotSummaryRow[] | null }[]>`
          SELECT ledger.lot_summary(
            ${app}::text, ${ownerId ?? null}::text, ${after}::timestamptz, ${until}::timestamptz, ${per}::text,
            ${book}::text) AS lines`,
      ),
    )
    return (row?.lines ?? []).map((line) => ({
      kind: line.kind,
      start: new Date(line.start),
      granted: credits(line.granted),
      used: credits(line.used),
      expired: credits(line.expired),
      voided: credits(line.voided),
      outstanding: credits(line.outstanding),
    }))
  }
}

/**
 * Returns a sum as a number. A sum over many accounts may exceed what a number holds exactly.
 *
 * @throws ValidationError that names the field with which less can be asked for
 */
export function credits(sum: string, field: 'to' | 'book' | 'within' = 'to'): number {
  const amount = Number(sum)
  if (Number.isSafeInteger(amount)) return amount
  const reasons = {
    to: 'is too late: a sum goes beyond 2^53 - 1; ask for less',
    book: 'has too many credits: a sum goes beyond 2^53 - 1',
    within: 'is too long: the sum goes beyond 2^53 - 1; ask for less',
  }
  throw new ValidationError([{ field, message: reasons[field] }])
}
