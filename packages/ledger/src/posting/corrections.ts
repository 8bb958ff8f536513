import { z } from 'zod'
import { NotFoundError, ValidationError } from '../errors.ts'
import { idSchema, positiveAmountSchema, readInput } from '../input.ts'
import { isOperation, type Operations } from '../operations/operations.ts'
import type { EntryRow } from '../rows.ts'
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

/** Finds what corrections ask about by an id: entries, which never change. */
type FindById<Found> = (id: string) => Promise<Found | null>

/** A reversal: in reverse order, one entry per original entry, of the negated amount. */
export async function reversalDraft(
  input: ReverseTransactionInput,
  findTransaction: FindById<readonly EntryRow[]>,
): Promise<PostingRequest | ValidationError | NotFoundError> {
  const read = readInput(reversalSchema, input)
  if (read instanceof ValidationError) return read
  const { id, nonce, metadata, dryRun } = read
  const originals = await findTransaction(id)
  if (!originals) return new NotFoundError('TRANSACTION_NOT_FOUND', id)
  const lines = originals.toReversed().map((original) => ({
    ...correctionOf(original, 0 - original.amount),
    reverses: original.id,
  }))
  return draftRequest({ nonce, metadata, lines, problems: [], dryRun })
}

/**
 * A refund of a part of an entry. A paired one is not refunded alone, which would make or destroy credits. Of an
 * operation that this server's code lacks, every entry of a balanced transaction may be such a one.
 */
export async function refundDraft(
  input: RefundEntryInput,
  operations: Operations,
  {
    findEntry,
    findTransaction,
  }: {
    readonly findEntry: FindById<EntryRow>
    readonly findTransaction: FindById<readonly EntryRow[]>
  },
): Promise<PostingRequest | ValidationError | NotFoundError> {
  const read = readInput(refundSchema, input)
  if (read instanceof ValidationError) return read
  const { id, amount, nonce, metadata, dryRun } = read
  const original = await findEntry(id)
  if (!original) return new NotFoundError('ENTRY_NOT_FOUND', id)
  const { operation } = original
  const isPaired = isOperation(operations, operation)
    ? operations[operation]?.paired
    : isBalanced((await findTransaction(original.transactionId)) ?? [])
  const message = `is one of a balanced transaction (${operation}): reverse that, or post its opposite`
  return draftRequest({
    nonce,
    metadata,
    lines: [{ ...correctionOf(original, original.amount > 0 ? -amount : amount), refunds: original.id }],
    problems: isPaired ? [{ field: 'id', message }] : [],
    dryRun,
  })
}

/** The line that corrects an entry; no amount rule and no limit is asked. */
function correctionOf({ ownerId, operation }: EntryRow, amount: number): Line {
  return { ownerId, operation, amount, requested: amount }
}

function isBalanced(entries: readonly EntryRow[]): boolean {
  return entries.length > 1 && entries.reduce((sum, { amount }) => sum + BigInt(amount), 0n) === 0n
}
