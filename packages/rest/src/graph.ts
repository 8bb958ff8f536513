import type {
  RestBalanceFragment,
  RestEntryFragment,
  RestHoldFragment,
  RestTransactionFragment,
} from './generated/documents.ts'
import type * as shapes from './shapes.ts'

/** The id of an entry or a hold. The graph makes one of text for what a dry run imagines: in REST all of these are 0. */
function restId(id: string): number {
  return /^\d+$/.test(id) ? Number(id) : 0
}

/** An entry of the graph as REST answers it. */
export function restEntry(entry: RestEntryFragment): shapes.RestEntry {
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
export function restBalance(balance: RestBalanceFragment): shapes.RestBalance {
  return { owner_id: balance.ownerId, ...restCredits(balance) }
}

/** The same without its owner. */
export function restCredits({
  amount,
  overdraft,
  held,
  available,
}: Omit<RestBalanceFragment, 'ownerId'>): shapes.RestCredits {
  return {
    balance: amount,
    ...(overdraft !== null && { overdraft }),
    ...(held !== null && { held }),
    ...(available !== null && { available }),
  }
}

/** A transaction of the graph as REST answers it. */
export function restTransaction(transaction: RestTransactionFragment): shapes.RestTransaction {
  const { id, nonce, metadata, createdOn, entries } = transaction
  return { id, nonce, metadata, created_on: createdOn, entries: entries.map(restEntry) }
}

/** The balances after a transaction as REST answers them. */
export function restBalances(balances: readonly Pick<RestBalanceFragment, 'ownerId' | 'amount'>[]) {
  return balances.map(({ ownerId, amount }) => ({ owner_id: ownerId, balance: amount }))
}

/** A hold of the graph as REST answers it. */
export function restHold(hold: RestHoldFragment): shapes.RestHold {
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
