import { z } from 'zod'
import type { RestEntry } from './shapes.ts'
import * as shapes from './shapes.ts'

/**
 * Fragments that a route's document may use: `...RestEntry` on a LedgerEntry, and `...RestRefusal` on the
 * result union of a mutation, for every way in which it can refuse.
 */
export const ledgerFragments = `
  fragment RestEntry on LedgerEntry {
    id operation ownerId amount nonce balanceAfter createdOn metadata
  }
  fragment RestRefusal on Error {
    refusal: __typename
    code
    message
    ... on ValidationError { errors { field message } }
    ... on InsufficientBalanceError { balance { amount } }
    ... on BalanceOutOfRangeError { balance { amount } }
    ... on DuplicateNonceError { identical entry { ...RestEntry } balance { amount } }
  }
`

/** A DateTime: the scalar gives the graph's server a Date, and its clients a string. */
export const dateTimeData = z.union([z.string(), z.date().transform((date) => date.toISOString())])

/** What `...RestEntry` selects. */
export const entryData = z.object({
  id: z.string(),
  operation: z.string(),
  ownerId: z.string(),
  amount: z.number(),
  nonce: z.string(),
  balanceAfter: z.number(),
  createdOn: dateTimeData,
  metadata: shapes.metadata,
})

/** What `balance { amount }` selects. */
export const balanceData = z.object({ amount: z.number() })

/** An entry of the graph as REST answers it. */
export function restEntry(entry: z.output<typeof entryData>): RestEntry {
  return {
    id: Number(entry.id),
    operation: entry.operation,
    owner_id: entry.ownerId,
    amount: entry.amount,
    nonce: entry.nonce,
    balance_after: entry.balanceAfter,
    created_on: entry.createdOn,
    metadata: entry.metadata,
  }
}

/** What `...RestRefusal` selects. */
export const refusalData = z.object({
  refusal: z.string(),
  code: z.string(),
  message: z.string(),
  errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
  balance: balanceData.optional(),
  entry: entryData.optional(),
  identical: z.boolean().optional(),
})

/** A mutation's refusal: the member of its result union that was not success. */
export type Refusal = z.output<typeof refusalData>
