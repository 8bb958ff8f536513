import { z } from 'zod'
import type { Sql } from '../database/sql.ts'
import { NotFoundError, ValidationError } from '../errors.ts'
import { idSchema, positiveAmountSchema, readInput } from '../input.ts'
import { isOperation, type Operations } from '../operations/operations.ts'
import type { Finders } from '../reading/finders.ts'
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

type Corrected = Promise<PostingRequest | ValidationError | NotFoundError>

/** Reads the corrections of an app's transactions and entries, which it looks up: they never change. */
export function correctionDrafts(
  operations: Operations,
  find: Pick<Finders, 'entryById' | 'entriesByTransaction'>,
) {
  return {
    /** A reversal: in reverse order, one entry per original entry, of the negated amount. */
    async reversal(input: ReverseTransactionInput, sql: Sql): Corrected {
      const read = readInput(reversalSchema, input)
      if (read instanceof ValidationError) return read
      const { id, nonce, metadata, dryRun } = read
      const originals = await find.entriesByTransaction(sql, id)
      if (!originals) return new NotFoundError('TRANSACTION_NOT_FOUND', id)
      const lines = originals.toReversed().map((original) => ({
        ...correctionOf(original, 0 - original.amount),
        reverses: original.id,
      }))
      return draftRequest({ nonce, metadata, lines, problems: [], dryRun })
    },

    /**
     * A refund of a part of an entry. A paired one is not refunded alone, which would make or destroy credits. Of an
     * operation that this server's code lacks, every entry of a balanced transaction may be such a one.
     */
    async refund(input: RefundEntryInput, sql: Sql): Corrected {
      const read = readInput(refundSchema, input)
      if (read instanceof ValidationError) return read
      const { id, amount, nonce, metadata, dryRun } = read
      const original = await find.entryById(sql, id)
      if (!original) return new NotFoundError('ENTRY_NOT_FOUND', id)
      const { operation, transactionId } = original
      const isPaired = isOperation(operations, operation)
        ? operations[operation]?.paired
        : isBalanced((await find.entriesByTransaction(sql, transactionId)) ?? [])
      const message = `is one of a balanced transaction (${operation}): reverse that, or post its opposite`
      const problems = isPaired ? [{ field: 'id', message }] : []
      const line = correctionOf(original, original.amount > 0 ? -amount : amount)
      return draftRequest({ nonce, metadata, lines: [{ ...line, refunds: original.id }], problems, dryRun })
    },
  }
}

/** The line that corrects an entry; no amount rule and no limit is asked. */
function correctionOf({ ownerId, operation }: EntryRow, amount: number): Line {
  return { ownerId, operation, amount, requested: amount }
}

function isBalanced(entries: readonly EntryRow[]): boolean {
  return entries.length > 1 && entries.reduce((sum, { amount }) => sum + BigInt(amount), 0n) === 0n
}
