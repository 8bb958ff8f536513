import { z } from 'zod'
import * as shapes from './shapes.ts'

// What the fragments of fragments.ts select, and how REST answers it.

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
  transactionId: z.string(),
  reverses: z.string().nullable(),
  refunds: z.string().nullable(),
  holdId: z.string().nullable(),
})

/** What `balance { amount }` selects. */
export const balanceData = z.object({ amount: z.number() })

/** What `...RestBalance` selects. */
export const accountBalanceData = z.object({
  ownerId: z.string(),
  amount: z.number(),
  overdraft: z.number().nullish(),
  held: z.number().nullish(),
  available: z.number().nullish(),
})

/** What `...RestTransaction` selects. */
export const transactionData = z.object({
  id: z.string(),
  nonce: z.string(),
  metadata: shapes.metadata,
  createdOn: dateTimeData,
  entries: z.array(entryData),
})

/** What `balances { ownerId amount }` selects. */
export const balancesData = z.array(z.object({ ownerId: z.string(), amount: z.number() }))

/** What `...RestHold` selects. */
export const holdData = z.object({
  id: z.string(),
  ownerId: z.string(),
  operation: z.string(),
  amount: z.number(),
  nonce: z.string(),
  metadata: shapes.metadata,
  status: z.string(),
  capturedBy: z.object({ id: z.string() }).nullable(),
  createdOn: dateTimeData,
  expiresOn: dateTimeData,
  releasedOn: dateTimeData.nullable(),
})

/** The id of an entry or a hold. The graph makes one of text for what a dry run imagines: in REST all of these are 0. */
function restId(id: string): number {
  return /^\d+$/.test(id) ? Number(id) : 0
}

/** An entry of the graph as REST answers it. */
export function restEntry(entry: z.output<typeof entryData>): shapes.RestEntry {
  const { reverses, refunds, holdId } = entry
  return {
    id: restId(entry.id),
    operation: entry.operation,
    owner_id: entry.ownerId,
    amount: entry.amount,
    nonce: entry.nonce,
    balance_after: entry.balanceAfter,
    created_on: entry.createdOn,
    metadata: entry.metadata,
    transaction_id: entry.transactionId,
    ...(reverses !== null && { reverses: Number(reverses) }),
    ...(refunds !== null && { refunds: Number(refunds) }),
    ...(holdId !== null && { hold_id: Number(holdId) }),
  }
}

/** A balance of the graph as REST answers it: what is null of a past moment is left out. */
export function restBalance(balance: z.output<typeof accountBalanceData>): shapes.RestBalance {
  return { owner_id: balance.ownerId, ...restCredits(balance) }
}

/** The same without its owner. */
export function restCredits({
  amount,
  overdraft,
  held,
  available,
}: Omit<z.output<typeof accountBalanceData>, 'ownerId'>): shapes.RestCredits {
  return {
    balance: amount,
    ...(overdraft != null && { overdraft }),
    ...(held != null && { held }),
    ...(available != null && { available }),
  }
}

/** A transaction of the graph as REST answers it. */
export function restTransaction(transaction: z.output<typeof transactionData>): shapes.RestTransaction {
  const { id, nonce, metadata, createdOn, entries } = transaction
  return { id, nonce, metadata, created_on: createdOn, entries: entries.map(restEntry) }
}

/** The balances after a transaction as REST answers them. */
export function restBalances(balances: z.output<typeof balancesData>) {
  return balances.map(({ ownerId, amount }) => ({ owner_id: ownerId, balance: amount }))
}

/** A hold of the graph as REST answers it. */
export function restHold(hold: z.output<typeof holdData>): shapes.RestHold {
  return {
    id: restId(hold.id),
    owner_id: hold.ownerId,
    operation: hold.operation,
    amount: hold.amount,
    nonce: hold.nonce,
    status: hold.status.toLowerCase(),
    captured_by: hold.capturedBy && restId(hold.capturedBy.id),
    created_on: hold.createdOn,
    expires_on: hold.expiresOn,
    released_on: hold.releasedOn,
    metadata: hold.metadata,
  }
}
