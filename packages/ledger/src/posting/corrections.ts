import { z } from 'zod'
import type { Sql } from '../database/sql.ts'
import { NotFoundError, ValidationError } from '../errors.ts'
import { idSchema, positiveAmountSchema, readInput } from '../input.ts'
import { exchangedIn, isOperation, type Operations } from '../operations/operations.ts'
import type { Finders } from '../reading/finders.ts'
import type { EntryRow } from '../rows.ts'
import { draftRequest, type Line, type PostingInput, type PostingRequest, postingFields } from './draft.ts'

/** The input of a reversal. */
export interface ReverseTransactionInput extends PostingInput {
  /** The id of the transaction. */
  readonly id: string
}

/** The input of a refund. */
export interface RefundEntryInput extends PostingInput {
  /** The id of the entry. */
  readonly id: string
  /**
   * The number of credits, from 1. When the entry took credits, the refund gives them back. When it gave credits, the
   * refund takes them back.
   */
  readonly amount: number
}

const reversalSchema = z.object({ ...postingFields, id: idSchema })
const refundSchema = z.object({ ...postingFields, id: idSchema, amount: positiveAmountSchema })

type Corrected = Promise<PostingRequest | ValidationError | NotFoundError>

/** Makes the drafts of an app's corrections. It looks the originals up, which never change. */
export function correctionDrafts(
  operations: Operations,
  find: Pick<Finders, 'entryById' | 'entriesByTransaction'>,
) {
  const exchanged = exchangedIn(operations)
  return {
    /** Makes a reversal: one entry with the negated amount for each original entry, in reverse order. */
    async reversal(input: ReverseTransactionInput, sql: Sql): Corrected {
      const read = readInput(reversalSchema, input)
      if (read instanceof ValidationError) return read
      const { id, nonce, metadata, dryRun } = read
      const originals = await find.entriesByTransaction(sql, id)
      if (!originals) return new NotFoundError('TRANSACTION_NOT_FOUND', id)
      const lines = originals.toReversed().map((original) => ({
        ...correctionOf(operations, original, 0 - original.amount),
        reverses: original.id,
      }))
      const setsState = originals.some(({ operation }) => operations[operation]?.state !== undefined)
      const message = 'set the state of an account: post the operation of the state that it shall have'
      const problems = setsState ? [{ field: 'id', message }] : []
      return draftRequest({ nonce, metadata, lines, problems, dryRun })
    },

    /**
     * Makes a refund of a part of an entry. A paired entry, and one of an exchange, cannot be refunded alone, because
     * that would make or destroy credits. When this server's code lacks the operation, every entry of a balanced
     * transaction counts as paired.
     */
    async refund(input: RefundEntryInput, sql: Sql): Corrected {
      const read = readInput(refundSchema, input)
      if (read instanceof ValidationError) return read
      const { id, amount, nonce, metadata, dryRun } = read
      const original = await find.entryById(sql, id)
      if (!original) return new NotFoundError('ENTRY_NOT_FOUND', id)
      const { operation, transactionId } = original
      const isPaired = isOperation(operations, operation)
        ? operations[operation]?.paired || exchanged.has(operation)
        : isBalanced((await find.entriesByTransaction(sql, transactionId)) ?? [])
      const message = `belongs to a balanced transaction (${operation}): reverse the transaction, or post its opposite`
      const problems = isPaired ? [{ field: 'id', message }] : []
      const line = correctionOf(operations, original, original.amount > 0 ? -amount : amount)
      return draftRequest({ nonce, metadata, lines: [{ ...line, refunds: original.id }], problems, dryRun })
    },
  }
}

/** Returns the line that corrects an entry. No amount rule and no limit applies to it. */
function correctionOf(operations: Operations, { ownerId, book, operation }: EntryRow, amount: number): Line {
  const revive = operations[operation]?.revive
  const line = { ownerId, book, operation, amount, requested: amount }
  return revive === undefined ? line : { ...line, revive: revive ?? {} }
}

/** Whether entries were posted as a transfer or an exchange, as far as they tell. */
function isBalanced(entries: readonly EntryRow[]): boolean {
  const isExchange = entries.some(({ book }) => book !== entries[0]?.book)
  const sum = entries.reduce((total, { amount }) => total + BigInt(amount), 0n)
  return isExchange || (entries.length > 1 && sum === 0n)
}
