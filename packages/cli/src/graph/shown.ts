import type { LedgerEntry, LedgerHold, LedgerLot } from '@shared-ledger/client'
import { tableOf } from '../table.ts'
import { printable } from '../terminal.ts'

type Entry = LedgerEntry<string>

/** Returns an amount with its sign: credits that came in have a +. */
export function signed(amount: number): string {
  return amount > 0 ? `+${amount}` : String(amount)
}

/** Returns metadata in a line. */
export function metadataText(metadata: Readonly<Record<string, string>>): string {
  return Object.entries(metadata)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ')
}

/** What an entry undoes, refunds or captures. */
function originOf({ reverses, refunds, holdId }: Entry): string {
  if (reverses !== null) return `reverses ${reverses}`
  if (refunds !== null) return `refunds ${refunds}`
  return holdId === null ? '' : `captures hold ${holdId}`
}

/** Returns the lines of a list of entries. */
export function linesOfEntries(entries: readonly Entry[]): string[] {
  const rows = entries.map((entry) => [
    entry.id,
    entry.createdOn,
    entry.ownerId,
    entry.operationName,
    signed(entry.amount),
    String(entry.balanceAfter),
    [originOf(entry), metadataText(entry.metadata)].filter(Boolean).join(' '),
  ])
  return tableOf(['id', 'posted', 'owner', 'operation', 'amount', 'balance', 'notes'], rows, {
    right: ['amount', 'balance'],
  })
}

/** Returns the lines of one thing: a name and a value each. What it has not is left out. */
export function linesOfFields(
  fields: Readonly<Record<string, string | number | null | undefined>>,
): string[] {
  const known = Object.entries(fields).filter(
    ([, value]) => value !== null && value !== undefined && value !== '',
  )
  const width = Math.max(...known.map(([name]) => name.length))
  return known.map(([name, value]) => `${name.padEnd(width)}  ${printable(String(value))}`)
}

/** Returns the lines of one entry. */
export function linesOfEntry(entry: Entry): string[] {
  return linesOfFields({
    entry: entry.id,
    owner: entry.ownerId,
    operation: entry.operationName,
    amount: signed(entry.amount),
    'balance after': entry.balanceAfter,
    seq: entry.seq,
    posted: entry.createdOn,
    transaction: entry.transactionId,
    nonce: entry.nonce,
    metadata: metadataText(entry.metadata),
    origin: originOf(entry),
  })
}

/** Returns the lines of one hold. */
export function linesOfHold(hold: LedgerHold<string>): string[] {
  return linesOfFields({
    hold: hold.id,
    owner: hold.ownerId,
    operation: hold.operationName,
    amount: hold.amount,
    captured: hold.captured || undefined,
    left: hold.captured ? leftOf(hold) : undefined,
    status: hold.status,
    made: hold.createdOn,
    expires: hold.expiresOn,
    nonce: hold.nonce,
    metadata: metadataText(hold.metadata),
    'captured by': hold.capturedBy?.id,
    released: hold.releasedOn,
  })
}

/** Returns a line for what a hold keeps after a change, and for what its owner can spend then. */
export function lineOfHold(hold: LedgerHold<string>, { available }: { readonly available: number }): string {
  const { ownerId, id, amount, status, expiresOn } = hold
  const state = status === 'HELD' ? `keeps ${leftOf(hold)} until ${expiresOn}` : `is ${status}`
  return `${printable(ownerId)}: the hold ${id} of ${amount} ${state}, ${available} available`
}

/** Returns how many credits a hold sets aside. */
function leftOf({ status, amount, captured }: LedgerHold<string>): number {
  return status === 'HELD' ? amount - captured : 0
}

/** Returns the lines of a list of lots. */
export function linesOfLots(lots: readonly LedgerLot[]): string[] {
  const rows = lots.map((lot) => [
    lot.id,
    String(lot.rest),
    String(lot.amount),
    String(lot.held),
    lot.kind,
    String(lot.priority),
    lot.expiresOn ?? 'never',
    lot.entry?.id ?? '',
  ])
  return tableOf(['lot', 'left', 'of', 'held', 'kind', 'priority', 'expires', 'entry'], rows, {
    right: ['left', 'of', 'held', 'priority'],
  })
}
