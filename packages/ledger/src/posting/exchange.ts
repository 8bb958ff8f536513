import { z } from 'zod'
import { ValidationError } from '../errors.ts'
import { ownerIdSchema, positiveAmountSchema, readInput } from '../input.ts'
import { maxCredits } from '../operations/amount.ts'
import { isPublic, type Operations } from '../operations/operations.ts'
import {
  draftRequest,
  entryFields,
  entryProblems,
  type PostingInput,
  postingFields,
  type ReadRequest,
  toLine,
} from './draft.ts'

/** The input of an exchange. */
export interface ExchangeInput<Operation extends string = string> extends PostingInput {
  readonly ownerId: string
  /** The operation that takes the credits. It says what the owner gets for them, and in which book. */
  readonly operation: Operation
  /** The number of credits that it takes, from 1: a multiple of the rate's `give`. */
  readonly amount: number
}

/** Returns the operations of the two entries of an exchange. */
export function exchangeEntries(
  operations: Operations,
  operation: string,
): readonly { readonly operation: string }[] {
  const { exchange } = operations[operation] ?? {}
  return exchange ? [{ operation }, { operation: exchange.into }] : []
}

/** Whether requests may exchange credits in an app. */
export function hasExchanges(operations: Operations): boolean {
  return Object.values(operations).some((definition) => definition.exchange && isPublic(definition))
}

/** Makes the draft of an exchange: a transaction of two entries of one owner, in two books. */
export function exchangeDrafts(app: string, operations: Operations): ReadRequest<ExchangeInput> {
  const { schema: entrySchema } = entryFields(app, operations)
  const names = Object.keys(operations).filter((name) => operations[name]?.exchange)
  const schema = z.object({
    ...postingFields,
    ownerId: ownerIdSchema,
    operation: z.enum(names, `must be one of ${names.join(', ')}`),
    amount: positiveAmountSchema,
  })
  return (input) => {
    const read = readInput(schema, input)
    if (read instanceof ValidationError) return read
    const { ownerId, operation, amount, ...posting } = read
    const exchange = operations[operation]?.exchange
    if (!exchange) throw new TypeError(`${operation} exchanges nothing.`)
    const { give, get } = exchange.rate
    const received = Math.floor(amount / give) * get
    const isTooMuch = received > maxCredits
    const entries = [
      { ownerId, operation, amount },
      { ownerId, operation: exchange.into, amount: isTooMuch ? maxCredits : received },
    ].map((entry) => entrySchema.parse(entry))
    const rules = entries.flatMap((entry) => entryProblems(entry, { balanced: true, exchanges: true }))
    const problems = [
      ...(amount % give === 0 ? [] : [{ field: 'amount', message: `must be a multiple of ${give}` }]),
      ...(isTooMuch ? [{ field: 'amount', message: `gives more than ${maxCredits} credits` }] : []),
      ...rules,
    ]
    const lines = entries.map((entry, index) => ({ ...toLine(entry), ...(index === 1 && { source: 1 }) }))
    return draftRequest({ ...posting, lines, problems })
  }
}
