import { z } from 'zod'
import type { LedgerBalance } from '../entry.ts'
import { ValidationError } from '../errors.ts'
import { amountSchema, bookSchema, ownerIdSchema, readInput } from '../input.ts'
import type { Books } from '../operations/operations.ts'
import { accountRequest, type PostingRequest } from './draft.ts'
import type { Written } from './outcome.ts'

/** The input of an overdraft. */
export interface OverdraftInput<Book extends string = string> {
  readonly ownerId: string
  /** The app's own book when left out. Only the app that made a book sets overdrafts in it. */
  readonly book?: Book | null | undefined
  /** How far below 0 the balance may go, in credits, >= 0. */
  readonly limit: number
}

/** The balance, with the overdraft. */
export interface SetOverdraft {
  readonly balance: LedgerBalance
}

/** Makes the request for an overdraft. `books` are those of the app, its own first. */
export function overdraftRequests(books: Books): (input: OverdraftInput) => PostingRequest | ValidationError {
  const schema = z.object({ ownerId: ownerIdSchema, book: bookSchema(books), limit: amountSchema })
  return (input) => {
    const read = readInput(schema, input)
    if (read instanceof ValidationError) return read
    const { ownerId, book, limit: overdraft } = read
    return accountRequest({ ownerId, book, operation: null, amount: null, requested: null, overdraft })
  }
}

/** Returns the balance after an overdraft was set. */
export function setOverdraft(settled: Written): SetOverdraft {
  if (!('balance' in settled)) throw new Error('the ledger gave no balance')
  return { balance: settled.balance }
}
