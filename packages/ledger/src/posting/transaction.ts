import { z } from 'zod'
import type { LedgerBalance, LedgerTransaction } from '../entry.ts'
import { type FieldError, ValidationError } from '../errors.ts'
import { flagSchema, readInput } from '../input.ts'
import { limits } from '../limits.ts'
import { messages } from '../messages.ts'
import type { Operations } from '../operations/operations.ts'
import { transactionOf } from '../rows.ts'
import {
  draftRequest,
  type EntryInput,
  entryFields,
  entryProblems,
  type Line,
  type PostingInput,
  postingFields,
  type ReadRequest,
  stateProblems,
  toLine,
} from './draft.ts'
import type { Written } from './outcome.ts'

/** The input of a transaction: 1 to 100 entries, of any owners of the app, all posted or none. */
export interface PostTransactionInput<Operation extends string = string> extends PostingInput {
  /** Posted in this order. Each entry needs enough available credits when its turn comes. */
  readonly entries: readonly EntryInput<Operation>[]
  /** Requires the amounts to add up to zero, so that credits only move. */
  readonly balanced?: boolean | null | undefined
}

/** The transaction, and the balances of its owners after it, in the order of their first entries. */
export interface PostedTransaction<Operation extends string = string> {
  readonly transaction: LedgerTransaction<Operation>
  readonly balances: readonly LedgerBalance[]
}

const size = messages.listOf(limits.transactionEntries)

/** Makes the draft of a transaction. */
export function transactionDrafts(app: string, operations: Operations): ReadRequest<PostTransactionInput> {
  const schema = z.object({
    ...postingFields,
    entries: z
      .array(entryFields(app, operations).schema, size)
      .min(1, size)
      .max(limits.transactionEntries, size),
    balanced: flagSchema,
  })
  return (input) => {
    const read = readInput(schema, input)
    if (read instanceof ValidationError) return read
    const { nonce, metadata, dryRun, balanced, entries } = read
    const pathTo = (index: number) => `entries.${index}.`
    const isAlone = entries.length === 1
    const lines = entries.map((entry, index) => {
      const line = toLine(entry, pathTo(index))
      return isAlone ? line : { ...line, state: undefined } // refused, unless it was posted before
    })
    const problems = [
      ...entries.flatMap((entry, index) => [
        ...entryProblems(entry, { balanced, path: pathTo(index) }),
        ...stateProblems(entry, { metadata, isAlone, path: pathTo(index) }),
      ]),
      ...severalBooks(lines),
      ...(balanced ? unbalanced(lines) : []),
    ]
    return draftRequest({ nonce, metadata, lines, problems, dryRun })
  }
}

function severalBooks([first, ...others]: readonly Line[]): FieldError[] {
  return others
    .filter(({ book }) => book !== first?.book)
    .map(({ path, book }) => ({
      field: `${path}operation`,
      message: `has the book ${book}, and the transaction is in the book ${first?.book}`,
    }))
}

function unbalanced(lines: readonly Line[]): FieldError[] {
  const sum = lines.reduce((total, { amount }) => total + BigInt(amount ?? 0), 0n)
  if (sum === 0n || lines.some(({ amount }) => amount === null)) return []
  return [{ field: 'entries', message: `must add up to 0 credits, but add up to ${sum}` }]
}

/** Returns the transaction that a draft became. */
export function postedTransaction<Operation extends string>(
  posted: Written<Operation>,
): PostedTransaction<Operation> {
  const { entries, balances } = 'entries' in posted ? posted : { entries: [], balances: [] }
  const transaction = transactionOf(entries)
  if (!transaction) throw new Error('ledger.post answered without an entry')
  return { transaction, balances }
}
