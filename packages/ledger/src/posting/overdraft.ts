import { z } from 'zod'
import type { LedgerBalance } from '../entry.ts'
import { ValidationError } from '../errors.ts'
import { amountSchema, ownerIdSchema, readInput } from '../input.ts'
import { accountRequest, type PostingRequest } from './draft.ts'
import type { Written } from './outcome.ts'

/** The input of an overdraft. */
export interface OverdraftInput {
  readonly ownerId: string
  /** How far below 0 the balance may go, in credits, >= 0. */
  readonly limit: number
}

/** The balance, with the overdraft. */
export interface SetOverdraft {
  readonly balance: LedgerBalance
}

const schema = z.object({ ownerId: ownerIdSchema, limit: amountSchema })

/** Makes the request for an overdraft. */
export function overdraftRequest(input: OverdraftInput): PostingRequest | ValidationError {
  const read = readInput(schema, input)
  if (read instanceof ValidationError) return read
  const { ownerId, limit: overdraft } = read
  return accountRequest({ ownerId, operation: null, amount: null, requested: null, overdraft })
}

/** Returns the balance after an overdraft was set. */
export function setOverdraft(settled: Written): SetOverdraft {
  if (!('balance' in settled)) throw new Error('the ledger gave no balance')
  return { balance: settled.balance }
}
