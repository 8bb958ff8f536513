import { z } from 'zod'
import type { LedgerEntry } from './entry.ts'
import { ValidationError } from './errors.ts'
import { parseInput } from './input.ts'

const defaultPageSize = 20
const maxPageSize = 100

/** Which part of a list: the first entries after a cursor, or the last ones before one. */
export interface PageInput {
  readonly first?: number | null | undefined
  readonly after?: string | null | undefined
  readonly last?: number | null | undefined
  readonly before?: string | null | undefined
}

/** One page, in the shape of a Relay connection. */
export interface EntryPage<Operation extends string = string> {
  readonly edges: readonly { readonly cursor: string; readonly node: LedgerEntry<Operation> }[]
  readonly pageInfo: {
    readonly hasNextPage: boolean
    readonly hasPreviousPage: boolean
    readonly startCursor: string | null
    readonly endCursor: string | null
  }
}

/** A page of entries as a range of seq, to be read newest first or, backward, oldest first. */
export interface PageRange {
  readonly size: number
  readonly backward: boolean
  /** Exclusive bounds. */
  readonly below: bigint | undefined
  readonly above: bigint | undefined
}

const size = z
  .int(`must be a whole number from 1 to ${maxPageSize}`)
  .min(1, `must be a whole number from 1 to ${maxPageSize}`)
  .max(maxPageSize, `must be a whole number from 1 to ${maxPageSize}`)
  .nullish()

const cursorPattern = /^seq:([1-9]\d{0,15})$/
const cursor = z
  .string('must be a cursor of this list')
  .transform((value) => cursorPattern.exec(Buffer.from(value.slice(0, 64), 'base64url').toString())?.[1])
  .refine((seq) => seq !== undefined, 'must be a cursor of this list')
  .nullish()

const pageSchema = z.object({ first: size, after: cursor, last: size, before: cursor })

/** The range that a page asks for. @throws ValidationError */
export function pageRange(input: PageInput): PageRange {
  const { first, after, last, before } = parseInput(pageSchema, input)
  if (first != null && last != null) {
    throw new ValidationError([{ field: 'last', message: 'must not be given together with first' }])
  }
  return {
    size: first ?? last ?? defaultPageSize,
    backward: last != null,
    below: after ? BigInt(after) : undefined,
    above: before ? BigInt(before) : undefined,
  }
}

/** A page of `entries`, which were read along the range: one more than its size when there are more. */
export function toPage<Operation extends string>(
  range: PageRange,
  entries: readonly LedgerEntry<Operation>[],
): EntryPage<Operation> {
  const more = entries.length > range.size
  const kept = entries.slice(0, range.size)
  const edges = (range.backward ? kept.reverse() : kept).map((node) => ({ cursor: cursorOf(node), node }))
  return {
    edges,
    pageInfo: {
      hasNextPage: range.backward ? range.above !== undefined : more,
      hasPreviousPage: range.backward ? more : range.below !== undefined,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  }
}

function cursorOf(entry: LedgerEntry): string {
  return Buffer.from(`seq:${entry.seq}`).toString('base64url')
}
