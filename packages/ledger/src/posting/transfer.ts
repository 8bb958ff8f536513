import { z } from 'zod'
import { ValidationError } from '../errors.ts'
import { ownerIdSchema, positiveAmountSchema, readInput } from '../input.ts'
import { type Operations, transferOperations } from '../operations/operations.ts'
import { type PostingInput, postingFields, type ReadRequest } from './draft.ts'
import type { PostTransactionInput } from './transaction.ts'

/** The input of a transfer. */
export interface TransferInput extends PostingInput {
  /** The owner who sends. */
  readonly from: string
  /** The owner who receives, who must be another one. */
  readonly to: string
  /** The number of credits, from 1. */
  readonly amount: number
}

const schema = z
  .object({
    ...postingFields,
    from: ownerIdSchema,
    to: ownerIdSchema,
    amount: positiveAmountSchema,
  })
  .refine(({ from, to }) => from !== to, { path: ['to'], error: 'must not be the same owner as from' })

/** Whether an app has transfers: it has `...transferOperations`, and neither is retired. */
export function hasTransfers(operations: Operations): boolean {
  return Object.keys(transferOperations).every(
    (name) => Object.hasOwn(operations, name) && !operations[name]?.retired,
  )
}

/** Makes the draft of a transfer, which is a balanced transaction. @throws TypeError when the app lacks the operations */
export function transferDrafts(
  operations: Operations,
  readTransaction: ReadRequest<PostTransactionInput>,
): ReadRequest<TransferInput> {
  return (input) => {
    if (!hasTransfers(operations)) {
      throw new TypeError('Transfers need the operations ...transferOperations.')
    }
    const read = readInput(schema, input)
    if (read instanceof ValidationError) return read
    const { from, to, amount, ...posting } = read
    const entries = [
      { ownerId: from, operation: 'TRANSFER_OUT', amount },
      { ownerId: to, operation: 'TRANSFER_IN', amount },
    ]
    const request = readTransaction({ ...posting, balanced: true, entries })
    if (request instanceof ValidationError) return request
    const { draft, dryRun } = request
    // The app's rules can only refuse the amount, when the app has narrowed a range.
    const problems = draft.problems.map(({ message }) => ({ field: 'amount', message }))
    const lines = draft.lines.map((line, index) => ({ ...line, path: '', ...(index === 1 && { source: 1 }) }))
    return { draft: { ...draft, lines, problems: problems.slice(0, 1) }, dryRun }
  }
}
