import { z } from 'zod'
import { maxCredits } from '../amount.ts'
import { ownerIdSchema, parseInput } from '../input.ts'
import { type Operations, transferOperations } from '../operations.ts'
import { type PostingInput, postingFields } from './draft.ts'
import type { PostTransactionInput } from './transaction.ts'

/** What a transfer asks for. */
export interface TransferInput extends PostingInput {
  /** The owner who sends. */
  readonly from: string
  /** The owner who gets; another one. */
  readonly to: string
  /** Credits, from 1. */
  readonly amount: number
}

const amountMessage = `must be a whole number of credits from 1 to ${maxCredits}`

const schema = z
  .object({
    ...postingFields,
    from: ownerIdSchema,
    to: ownerIdSchema,
    amount: z.int(amountMessage).min(1, amountMessage),
  })
  .refine(({ from, to }) => from !== to, { path: ['to'], error: 'must be another owner than from' })

/** Whether an app's owners send each other credits: it has `...transferOperations`. */
export function hasTransfers(operations: Operations): boolean {
  return Object.keys(transferOperations).every((name) => Object.hasOwn(operations, name))
}

/** A transfer as a balanced transaction. @throws ValidationError */
export function transferTransaction(
  input: TransferInput,
): PostTransactionInput<keyof typeof transferOperations> {
  const { from, to, amount, ...posting } = parseInput(schema, input)
  return {
    ...posting,
    balanced: true,
    entries: [
      { ownerId: from, operation: 'TRANSFER_OUT', amount },
      { ownerId: to, operation: 'TRANSFER_IN', amount },
    ],
  }
}
