import type { LedgerEntry, LedgerHold } from '@shared-ledger/ledger'
import type { BalanceShape } from './types.ts'

// A client's cache recognises objects by their ids. A balance of another moment has another id than the current one.
// The objects of a dry run have ids that exist nowhere else. So neither replaces a real object in a cache.

/** The ledger's id of an entry in a dry run. */
const imagined = '0'

/** Returns the id of an owner's account in a book. It is opaque, and safe for any owner. */
export function accountId({ book, ownerId }: { readonly book: string; readonly ownerId: string }): string {
  return opaque(book, ownerId)
}

/** Returns the id of a balance. For the current balance it is the account's id. */
export function balanceId(balance: BalanceShape): string {
  const { book, ownerId } = balance
  if ('asOf' in balance) return opaque(book, ownerId, balance.asOf.toISOString())
  if (balance.seenIn !== undefined) return opaque(book, ownerId, balance.seenIn)
  return accountId(balance)
}

/** Returns the id of an entry. */
export function entryId(entry: LedgerEntry): string {
  const { id, transactionId, seq, ownerId } = entry
  return isImagined(entry) ? dryRunId(transactionId, seq, ownerId) : id
}

/** Whether an entry was seen in a dry run, and is stored nowhere. */
export function isImagined({ id }: LedgerEntry): boolean {
  return id === imagined
}

/** Returns the id of a hold. */
export function holdId(hold: LedgerHold): string {
  return hold.seenIn === undefined ? hold.id : dryRunId(hold.seenIn)
}

function opaque(...parts: readonly string[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url')
}

function dryRunId(...parts: readonly (string | number)[]): string {
  return ['dry-run', ...parts].join(':')
}
