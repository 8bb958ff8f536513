import type {
  RestAccountEntriesQuery,
  RestBalanceFragment,
  RestEntryFragment,
  RestExpiringBalanceQuery,
  RestHoldFragment,
  RestLotFragment,
  RestTransactionFragment,
} from './generated/documents.ts'
import type * as shapes from './shapes.ts'

/** What the graph of an app with several books has a book of. */
export interface InBook {
  readonly book?: string
}

type AccountEntry = RestAccountEntriesQuery['result']['edges'][number]['node']
type OtherAppsEntry = Extract<AccountEntry, { readonly app: string }>

/** Returns the field for a book, as an app's operations name it. Nothing for an app with one book. */
export function restBook({ book }: InBook): { book?: string } {
  return book === undefined ? {} : { book: book.toLowerCase() }
}

/** Converts an entry of another app to REST. */
export function restOtherAppsEntry(entry: OtherAppsEntry & InBook): shapes.RestOtherAppsEntry {
  return {
    app: entry.app,
    owner_id: entry.ownerId,
    ...restBook(entry),
    operation: entry.operation,
    amount: entry.amount,
    balance_after: entry.balanceAfter,
    seq: entry.seq,
    created_on: entry.createdOn,
  }
}

/**
 * Returns the id of an entry or a hold as a number. In a dry run the graph gives a text in its place, which becomes 0.
 */
function restId(id: string): number {
  return /^\d+$/.test(id) ? Number(id) : 0
}

/** Converts an entry of the graph to REST. */
export function restEntry(entry: RestEntryFragment & InBook): shapes.RestEntry {
  const { reverses, refunds, holdId } = entry
  return {
    id: restId(entry.id),
    operation: entry.operation,
    owner_id: entry.ownerId,
    ...restBook(entry),
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

/** Converts a posted entry, and the balance after it, to REST: `shapes.postedEntry`. */
export function restPostedEntry({
  entry,
  balance,
}: {
  readonly entry: RestEntryFragment
  readonly balance: Pick<RestBalanceFragment, 'amount'>
}) {
  return { entry: restEntry(entry), balance: balance.amount }
}

/** Converts a balance of the graph to REST. A past balance leaves out what is null. */
export function restBalance(balance: RestBalanceFragment & InBook): shapes.RestBalance {
  return { owner_id: balance.ownerId, ...restBook(balance), ...restCredits(balance) }
}

/** Converts a balance of an app with lots to REST: `shapes.expiringBalance`. */
export function restExpiringBalance({ expiring, ...balance }: RestExpiringBalanceQuery['result']) {
  return { ...restBalance(balance), ...(expiring && { expiring }) }
}

/** Converts a lot of the graph to REST. */
export function restLot(lot: RestLotFragment & InBook): shapes.RestLot {
  return {
    id: Number(lot.id),
    app: lot.app,
    owner_id: lot.ownerId,
    ...restBook(lot),
    entry_id: lot.entry && Number(lot.entry.id),
    amount: lot.amount,
    rest: lot.rest,
    held: lot.held,
    priority: lot.priority,
    kind: lot.kind.toLowerCase(),
    created_on: lot.createdOn,
    expires_on: lot.expiresOn,
  }
}

/** Converts the state of an account to REST. */
export function restState(state: string): string {
  return state.toLowerCase()
}

/** Does the same without the owner. */
export function restCredits({
  amount,
  overdraft,
  held,
  available,
  state,
}: Omit<RestBalanceFragment, 'ownerId'>): shapes.RestCredits {
  return {
    balance: amount,
    ...(overdraft !== null && { overdraft }),
    ...(held !== null && { held }),
    ...(available !== null && { available }),
    ...(state !== null && { state: restState(state) }),
  }
}

/** Converts a transaction of the graph to REST. */
export function restTransaction(transaction: RestTransactionFragment): shapes.RestTransaction {
  const { id, nonce, metadata, createdOn, entries } = transaction
  return { id, nonce, metadata, created_on: createdOn, entries: entries.map(restEntry) }
}

/** Converts the balances after a transaction to REST. */
export function restBalances(
  balances: readonly (Pick<RestBalanceFragment, 'ownerId' | 'amount'> & InBook)[],
): shapes.RestTransactionBalance[] {
  return balances.map(({ ownerId, amount, ...of }) => ({
    owner_id: ownerId,
    ...restBook(of),
    balance: amount,
  }))
}

/** Converts a posted transaction, and the balances after it, to REST: `shapes.postedTransaction`. */
export function restPostedTransaction({
  transaction,
  balances,
}: {
  readonly transaction: RestTransactionFragment
  readonly balances: Parameters<typeof restBalances>[0]
}) {
  return { transaction: restTransaction(transaction), balances: restBalances(balances) }
}

/** Converts a hold of the graph to REST. */
export function restHold(hold: RestHoldFragment & InBook): shapes.RestHold {
  return {
    id: restId(hold.id),
    owner_id: hold.ownerId,
    ...restBook(hold),
    operation: hold.operation,
    amount: hold.amount,
    captured: hold.captured,
    nonce: hold.nonce,
    status: hold.status.toLowerCase(),
    captured_by: hold.capturedBy && restId(hold.capturedBy.id),
    created_on: hold.createdOn,
    expires_on: hold.expiresOn,
    released_on: hold.releasedOn,
    metadata: hold.metadata,
  }
}
