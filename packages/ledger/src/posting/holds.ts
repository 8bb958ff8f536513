import { z } from 'zod'
import type { Sql } from '../database/sql.ts'
import type { LedgerBalance, LedgerEntry, LedgerHold } from '../entry.ts'
import { NotFoundError, ValidationError } from '../errors.ts'
import { countSchema, flagSchema, idSchema, momentSchema, positiveAmountSchema, readInput } from '../input.ts'
import { limits } from '../limits.ts'
import type { Operations } from '../operations/operations.ts'
import type { Finders } from '../reading/finders.ts'
import type { Refusal } from '../refusals.ts'
import type { RowReader } from '../rows.ts'
import {
  accountRequest,
  draftRequest,
  type EntryInput,
  entryFields,
  entryProblems,
  type PostingInput,
  postingFields,
  type ReadRequest,
  toLine,
} from './draft.ts'
import type { Written } from './outcome.ts'
import { postedEntry } from './post-entry.ts'
import type { Settle } from './settle.ts'

/** The input of a hold, with an operation that takes credits. */
export interface HoldInput<Operation extends string = string> extends EntryInput<Operation>, PostingInput {
  /** Seconds until the credits are available again, 1 to 31,536,000 (365 days). */
  readonly expiresIn: number
}

/** The input of a capture. */
export interface CaptureHoldInput extends PostingInput {
  /** The id of the hold. */
  readonly id: string
  /** The number of credits, from 1. All that the hold keeps when left out. */
  readonly amount?: number | null | undefined
  /**
   * Whether the hold keeps the rest, for further captures. The capture of the last credit ends it all the same. Otherwise,
   * and when left out, the capture ends the hold, and the rest becomes available again.
   */
  readonly keepRest?: boolean | null | undefined
}

/** The input of a prolongation. It may be sent again. */
export interface ProlongHoldInput {
  /** The id of the hold. */
  readonly id: string
  /** When the credits are available again, at most 365 days after the hold was made. A hold that lasts as long stays as it is. */
  readonly expiresOn: Date
}

/** A hold, and the balance with it. */
export interface PostedHold<Operation extends string = string> {
  readonly hold: LedgerHold<Operation>
  readonly balance: LedgerBalance
}

/** The entry of a capture, and the hold and the balance after it. */
export interface CapturedHold<Operation extends string = string> extends PostedHold<Operation> {
  readonly entry: LedgerEntry<Operation>
}

const captureSchema = z.object({
  ...postingFields,
  id: idSchema,
  amount: positiveAmountSchema.nullish(),
  keepRest: flagSchema,
})
const prolongSchema = z.object({ id: idSchema, expiresOn: momentSchema })

/** Makes the draft of a hold. */
export function holdDrafts(app: string, operations: Operations): ReadRequest<HoldInput> {
  const schema = z.object({
    ...entryFields(app, operations).fields,
    ...postingFields,
    expiresIn: countSchema('seconds', [1, limits.holdSeconds]),
  })
  return (input) => {
    const read = readInput(schema, input)
    if (read instanceof ValidationError) return read
    const { nonce, metadata, dryRun, expiresIn, ...entry } = read
    const takes = entry.operation.amounts.direction === 'OUT'
    const problems = [
      ...entryProblems(entry, { balanced: false }),
      ...(takes ? [] : [{ field: 'operation', message: 'must be one that takes credits' }]),
    ]
    // What sets a state cannot be held, and is refused unless it was posted before.
    const lines = [{ ...toLine(entry), state: undefined, holdMs: expiresIn * 1000 }]
    return draftRequest({ nonce, metadata, lines, problems, dryRun })
  }
}

/** Makes the commands that change one app's holds. */
export function createHoldChanges<Operation extends string>({
  rows,
  settle,
  find,
}: {
  rows: RowReader<Operation>
  settle: Settle<Operation>
  find: Finders
}) {
  const found = async (sql: Sql, id: string) =>
    (await find.holdById(sql, id)) ?? new NotFoundError('HOLD_NOT_FOUND', id)
  const present = async (sql: Sql, id: string): Promise<LedgerHold<Operation>> => {
    const row = await found(sql, id)
    if (row instanceof NotFoundError) throw row
    return rows.hold(row)
  }

  return {
    /** Posts an entry that a hold was for. */
    async capture(sql: Sql, input: CaptureHoldInput): Promise<CapturedHold<Operation> | Refusal<Operation>> {
      const read = readInput(captureSchema, input)
      if (read instanceof ValidationError) return read
      const { id, amount, keepRest, nonce, metadata, dryRun } = read
      const held = await found(sql, id)
      if (held instanceof NotFoundError) return held
      const { ownerId, book, operation } = held
      const requested = amount == null ? null : -amount
      // Without an amount, the database takes what the hold keeps by then.
      const line = { ownerId, book, operation, amount: requested ?? -held.amount, requested }
      const capture = { ...line, captures: id, ...(keepRest && { keeps: true }) }
      const request = draftRequest({ nonce, metadata, lines: [capture], problems: [], dryRun })
      return settle(sql, request, async (written, reader) => {
        const { captured } = 'entries' in written ? written : {}
        return { ...postedEntry(written), hold: captured ?? (await present(reader, id)) }
      })
    },

    /** Keeps a hold's credits set aside for longer. */
    async prolong(sql: Sql, input: ProlongHoldInput): Promise<PostedHold<Operation> | Refusal<Operation>> {
      const read = readInput(prolongSchema, input)
      if (read instanceof ValidationError) return read
      const { id: prolongs, expiresOn } = read
      const held = await found(sql, prolongs)
      if (held instanceof NotFoundError) return held
      const { ownerId, book } = held
      const line = { ownerId, book, operation: null, amount: null, requested: null }
      return settle(
        sql,
        accountRequest({ ...line, prolongs, until: expiresOn.getTime() }),
        postedHold<Operation>,
      )
    },

    /** Makes a hold's credits available again. A hold that was released or has expired is returned unchanged. */
    async release(sql: Sql, input: string): Promise<PostedHold<Operation> | Refusal<Operation>> {
      const id = readInput(idSchema, input, 'id')
      if (id instanceof ValidationError) return id
      const held = await found(sql, id)
      if (held instanceof NotFoundError) return held
      const { ownerId, book } = held
      const line = { ownerId, book, operation: null, amount: null, requested: null, releases: id }
      return settle(sql, accountRequest(line), postedHold<Operation>)
    },
  }
}

/** Returns the hold of a draft that made, prolonged or released one. */
export function postedHold<Operation extends string>(settled: Written<Operation>): PostedHold<Operation> {
  if (!('hold' in settled) || !settled.hold) throw new Error('the ledger gave no hold')
  return { hold: settled.hold, balance: settled.balance }
}
