import { z } from 'zod'
import type { TransactionClient } from '../database.ts'
import type { LedgerBalance, LedgerEntry, LedgerHold } from '../entry.ts'
import { HoldEndedError, LedgerError, NotFoundError, ValidationError } from '../errors.ts'
import { countSchema, idSchema, positiveAmountSchema, readInput } from '../input.ts'
import { limits } from '../limits.ts'
import type { Operations } from '../operations.ts'
import type { Finders } from '../reading/finders.ts'
import type { Refusal, ReleaseError } from '../refusals.ts'
import type { HoldRow, RowReader } from '../rows.ts'
import type { DirectCalls } from './direct-calls.ts'
import {
  draftRequest,
  type EntryInput,
  entryFields,
  entryProblems,
  type PostingInput,
  postingFields,
  toLine,
} from './draft.ts'
import type { Report } from './events.ts'
import { type RefusalOutcome, refusalError } from './outcome.ts'
import { type Post, postOne, requestOf } from './post.ts'
import { postedEntry } from './post-entry.ts'

/** What a hold asks for, by an operation that takes credits. */
export interface HoldInput<Operation extends string = string> extends EntryInput<Operation>, PostingInput {
  /** Seconds until the credits are available again, 1 to 31,536,000 (365 days). */
  readonly expiresIn: number
}

/** What a capture asks for. */
export interface CaptureHoldInput extends PostingInput {
  /** The id of the hold. */
  readonly id: string
  /** Credits, from 1; left out: all that the hold keeps. What is not taken is available again. */
  readonly amount?: number | null | undefined
}

/** A hold, and the balance with it. */
export interface PostedHold<Operation extends string = string> {
  readonly hold: LedgerHold<Operation>
  readonly balance: LedgerBalance
}

/** The entry that captured a hold, and the balance after it. */
export interface CapturedHold<Operation extends string = string> extends PostedHold<Operation> {
  readonly entry: LedgerEntry<Operation>
}

type HoldOutcome =
  | { readonly outcome: 'held'; readonly hold: HoldRow; readonly balance: LedgerBalance }
  | RefusalOutcome

type ReleaseOutcome =
  | {
      readonly outcome: 'released' | 'hold_captured'
      readonly hold: HoldRow
      readonly balance: LedgerBalance
    }
  | { readonly outcome: 'hold_not_found' }

const captureSchema = z.object({ ...postingFields, id: idSchema, amount: positiveAmountSchema.nullish() })

/** One app's holds. */
export function createHolds<Operation extends string>({
  app,
  operations,
  rows,
  report,
  post,
  directly,
  find,
}: {
  app: string
  operations: Operations
  rows: RowReader<Operation>
  report: Report
  post: Post<Operation>
  directly: DirectCalls
  find: Finders
}) {
  const inputSchema = z.object({
    ...entryFields(operations).fields,
    ...postingFields,
    expiresIn: countSchema('seconds', [1, limits.holdSeconds]),
  })

  const found = async (client: TransactionClient, id: string) =>
    (await find.holdById(client, id)) ?? new NotFoundError('HOLD_NOT_FOUND', id)

  return {
    /** Sets credits aside. */
    async hold(
      client: TransactionClient,
      input: HoldInput,
    ): Promise<PostedHold<Operation> | Refusal<Operation>> {
      const read = readInput(inputSchema, input)
      if (read instanceof ValidationError) return read
      const { nonce, metadata, dryRun, expiresIn, ...entry } = read
      const line = toLine(entry)
      const takes = entry.operation.amounts.direction === 'OUT'
      const { draft } = draftRequest({
        nonce,
        metadata,
        dryRun,
        lines: [line],
        problems: [
          ...entryProblems(entry, { balanced: false }),
          ...(takes ? [] : [{ field: 'operation', message: 'must be one that takes credits' }]),
        ],
      })
      const request = JSON.stringify(requestOf(draft, new Map([[line.ownerId, 1]])))
      const [row] = await directly(
        client,
        [line.ownerId],
        () => client.$queryRaw<{ result: HoldOutcome }[]>`
          SELECT ledger.hold(
            ${app}::text, ${line.ownerId}::text, ${request}::json, ${expiresIn * 1000}::bigint, ${dryRun}::boolean
          ) AS result`,
      ).catch((error: unknown) => {
        if (error instanceof LedgerError && !dryRun) report(draft.lines, error)
        throw error
      })
      if (!row) throw new Error('ledger.hold gave no answer')
      const { result } = row
      const seen = dryRun ? { seenIn: draft.id } : {}
      const balance = { ...result.balance, ...seen }
      if (result.outcome === 'held') {
        if (!dryRun) report(draft.lines, 'held')
        return { hold: { ...rows.hold(result.hold), ...seen }, balance }
      }
      const refusal = refusalError({ ...result, balance }, draft, rows)
      if (!dryRun) report(draft.lines, refusal)
      return refusal
    },

    /** Posts what a hold has promised, once; the rest is available again. */
    async capture(
      client: TransactionClient,
      input: CaptureHoldInput,
    ): Promise<CapturedHold<Operation> | Refusal<Operation>> {
      const read = readInput(captureSchema, input)
      if (read instanceof ValidationError) return read
      const { id, amount, nonce, metadata, dryRun } = read
      const held = await found(client, id)
      if (held instanceof NotFoundError) return held
      const { ownerId, operation } = held
      const requested = amount == null ? null : -amount
      const line = { ownerId, operation, amount: requested ?? -held.amount, requested, holdId: id }
      const request = draftRequest({ nonce, metadata, lines: [line], problems: [], dryRun })
      const settled = await postOne(post, client, request)
      if (settled instanceof LedgerError) return settled
      const { entry, balance } = postedEntry(settled)
      const { id: capturedBy, createdOn } = entry
      const captured = { ...held, status: 'CAPTURED', capturedBy, releasedOn: createdOn.getTime() } as const
      const seen = dryRun ? { seenIn: request.draft.id } : {}
      return { entry, balance, hold: { ...rows.hold(captured), ...seen } }
    },

    /** Makes a hold's credits available again; a released or expired hold is answered as it is. */
    async release(
      client: TransactionClient,
      input: string,
    ): Promise<PostedHold<Operation> | ReleaseError<Operation>> {
      const id = readInput(idSchema, input, 'id')
      if (id instanceof ValidationError) return id
      const held = await found(client, id)
      if (held instanceof NotFoundError) return held
      const { ownerId } = held
      const [row] = await directly(
        client,
        [ownerId],
        () => client.$queryRaw<{ result: ReleaseOutcome }[]>`
          SELECT ledger.release_hold(${app}::text, ${ownerId}::text, ${id}::bigint) AS result`,
      )
      if (!row || row.result.outcome === 'hold_not_found') return new NotFoundError('HOLD_NOT_FOUND', id)
      const hold = rows.hold(row.result.hold)
      if (row.result.outcome === 'hold_captured') return new HoldEndedError('HOLD_CAPTURED', hold)
      return { hold, balance: row.result.balance }
    },
  }
}
