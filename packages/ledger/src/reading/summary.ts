import { z } from 'zod'
import type { PrismaClient } from '../database.ts'
import { query } from '../database-errors.ts'
import type { NamedOperation } from '../entry.ts'
import { ValidationError } from '../errors.ts'
import { Prisma } from '../generated/prisma/client.ts'
import { momentSchema, operationsSchema, ownerIdSchema, parseInput } from '../input.ts'
import { isEarlier, lastMillisecondBefore } from '../moment.ts'
import type { Operations } from '../operations.ts'
import type { RowReader } from '../rows.ts'
import { seqBefore } from './entries-query.ts'

/** The windows of a summary: UTC. */
export const summaryWindows = ['HOUR', 'DAY', 'MONTH'] as const
export type SummaryWindow = (typeof summaryWindows)[number]

/** What a summary counts. */
export interface SummaryInput<Operation extends string = string> {
  /** Whose entries; null or left out: the whole app's. */
  readonly ownerId?: string | null | undefined
  /** From this moment on. */
  readonly from: Date
  /** Before this moment. */
  readonly to: Date
  readonly per: SummaryWindow
  /** Only entries of these operations; null or left out: all. */
  readonly operations?: readonly Operation[] | null | undefined
}

/** The entries of one operation in one window. */
export interface SummaryLine<Operation extends string = string> extends NamedOperation<Operation> {
  /** When the window began. */
  readonly start: Date
  /** How many entries, reversals and refunds left out. */
  readonly count: number
  /** Their sum, in signed credits. */
  readonly gross: number
  /** The sum of the reversals and refunds in this window, in signed credits: gross + reversed is what remains. */
  readonly reversed: number
}

const maxWindows = 1000
const windowMs = { HOUR: 3_600_000, DAY: 86_400_000, MONTH: 28 * 86_400_000 } as const satisfies Record<
  SummaryWindow,
  number
>

/** How many lines a summary has at most, where an app has so many operations: one of each in each window. */
export function summarySize(
  { from, to, per, operations }: Omit<SummaryInput, 'ownerId'>,
  operationCount: number,
): number {
  // The time may begin and end within a window.
  const windows = Math.ceil((to.getTime() - from.getTime()) / windowMs[per]) + 1
  return Math.min(windows, maxWindows + 1) * Math.min(operations?.length ?? operationCount, operationCount)
}

const summarySchema = (operations: Operations) =>
  z
    .object({
      ownerId: ownerIdSchema.nullish(),
      from: momentSchema,
      to: momentSchema,
      per: z.enum(summaryWindows, `must be one of ${summaryWindows.join(', ')}`),
      operations: operationsSchema(operations).nullish(),
    })
    .refine(({ from, to }) => isEarlier(from, to), { path: ['to'], error: 'must be after from' })
    .refine(({ from, to, per }) => (to.getTime() - from.getTime()) / windowMs[per] <= maxWindows, {
      path: ['to'],
      error: `must be at most ${maxWindows} windows after from`,
    })

interface SummaryRow {
  readonly operation: string
  readonly start: number
  readonly count: number
  readonly gross: string
  readonly reversed: string
}

/** Reads summaries: each is one query over the entries of its time alone. */
export function createSummary<Operation extends string>({
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
  const schema = summarySchema(known)
  return async (input: SummaryInput<Operation>): Promise<readonly SummaryLine<Operation>[]> => {
    const { ownerId, from, to, per, operations } = parseInput(schema, input)
    const lines = await query(
      () => prisma.$queryRaw<{ line: SummaryRow }[]>`
        SELECT json_build_object(
                 'operation', e.operation, 'start', ledger.epoch_ms(kind.start),
                 'count', count(*) FILTER (WHERE NOT is_correction),
                 'gross', coalesce(sum(e.amount) FILTER (WHERE NOT is_correction), 0)::text,
                 'reversed', coalesce(sum(e.amount) FILTER (WHERE is_correction), 0)::text) AS line
          FROM ledger.entries e, LATERAL (
                 SELECT num_nonnulls(e.reverses, e.refunds) > 0 AS is_correction,
                        date_trunc(${per}, e.created_on, 'UTC') AS start) kind
         WHERE e.app = ${app}
           AND e.created_on > ${lastMillisecondBefore(from).toISOString()}::timestamptz
           AND e.created_on <= ${lastMillisecondBefore(to).toISOString()}::timestamptz
           AND ${ownerId == null ? Prisma.sql`true` : ofOwner(app, ownerId, from, to)}
           AND ${operations ? Prisma.sql`e.operation = ANY(${operations}::text[])` : Prisma.sql`true`}
         GROUP BY e.operation, kind.start
         ORDER BY kind.start, e.operation COLLATE "C"`,
    )
    return lines.map(({ line: { operation, start, count, gross, reversed } }) => ({
      ...rows.operation(operation),
      start: new Date(start),
      count,
      gross: credits(gross),
      reversed: credits(reversed),
    }))
  }
}

/** An owner's entries of the time, by their seq: the others are not read. */
function ofOwner(app: string, ownerId: string, from: Date, to: Date): Prisma.Sql {
  return Prisma.sql`
    e.owner_id = ${ownerId} AND e.seq > ${seqBefore(app, ownerId, from)} AND e.seq <= ${seqBefore(app, ownerId, to)}`
}

/** A sum over many accounts may be more than a number holds exactly. @throws ValidationError */
function credits(sum: string): number {
  const amount = Number(sum)
  if (Number.isSafeInteger(amount)) return amount
  throw new ValidationError([
    { field: 'to', message: 'is too late: a sum goes beyond 2^53 - 1; ask for less' },
  ])
}
