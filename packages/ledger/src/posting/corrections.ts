import { z } from 'zod'
import { NotFoundError } from '../errors.ts'
import { idSchema, parseInput, positiveAmountSchema } from '../input.ts'
import { isOperation, type Operations } from '../operations.ts'
import type { EntryRow, RowReader } from '../rows.ts'
import { draftRequest, type Line, type PostingInput, type PostingRequest, postingFields } from './draft.ts'

/** What a reversal asks for. */
export interface ReverseTransactionInput extends PostingInput {
  /** The id of the transaction. */
  readonly id: string
}

/** What a refund asks for. */
export interface RefundEntryInput extends PostingInput {
  /** The id of the entry. */
  readonly id: string
  /** The credits to give back (of an entry that gave credits: to take back), from 1. */
  readonly amount: number
}

const reversalSchema = z.object({ ...postingFields, id: idSchema })
const refundSchema = z.object({ ...postingFields, id: idSchema, amount: positiveAmountSchema })

/** What corrections ask about: entries by an id, which never change, and what this server knows. */
interface Known<Found> {
  readonly find: (id: string) => Promise<Found | null>
  readonly rows: RowReader
}

/**
 * A reversal: in reverse order, one entry per original entry, of the negated amount.
 * @throws ValidationError, NotFoundError, ServerOutdatedError
 */
export async function reversalDraft(
  input: ReverseTransactionInput,
  { find, rows }: Known<readonly EntryRow[]>,
): Promise<PostingRequest> {
  const { id, nonce, metadata, dryRun } = parseInput(reversalSchema, input)
  const originals = await find(id)
  if (!originals) throw new NotFoundError('TRANSACTION_NOT_FOUND', id)
  const lines = originals.toReversed().map((original) => ({
    ...correctionOf(original, 0 - original.amount, rows),
    reverses: original.id,
  }))
  return draftRequest({ nonce, metadata, lines, problems: [], dryRun })
}

/**
 * A refund of a part of an entry. A paired one is not refunded alone, which would make or destroy credits.
 * @throws ValidationError, NotFoundError, ServerOutdatedError
 */
export async function refundDraft(
  input: RefundEntryInput,
  operations: Operations,
  { find, rows }: Known<EntryRow>,
): Promise<PostingRequest> {
  const { id, amount, nonce, metadata, dryRun } = parseInput(refundSchema, input)
  const original = await find(id)
  if (!original) throw new NotFoundError('ENTRY_NOT_FOUND', id)
  const { operation } = original
  const isPaired = isOperation(operations, operation) && operations[operation]?.paired
  const message = `is one of a balanced transaction (${operation}): reverse that, or post its opposite`
  return draftRequest({
    nonce,
    metadata,
    lines: [
      { ...correctionOf(original, original.amount > 0 ? -amount : amount, rows), refunds: original.id },
    ],
    problems: isPaired ? [{ field: 'id', message }] : [],
    dryRun,
  })
}

/**
 * The line that corrects an entry; no amount rule and no limit is asked. What this server could not answer is refused
 * before it is posted. @throws ServerOutdatedError
 */
function correctionOf({ ownerId, operation }: EntryRow, amount: number, rows: RowReader): Line {
  return { ownerId, operation: rows.operation(operation), amount, requested: amount }
}
