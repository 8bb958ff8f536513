import { isOwner, type LedgerEntry, type LedgerTransaction, type Principal } from '@shared-ledger/ledger'
import { principalOf } from './access.ts'
import type { AnyLedger } from './builder.ts'
import { ownEntry } from './own.ts'

/** An entry that was reached through its transaction. */
export interface EntryOfTransaction extends LedgerEntry {
  readonly transaction: LedgerTransaction
}

export function knowsTransaction(entry: LedgerEntry): entry is EntryOfTransaction {
  return 'transaction' in entry
}

/** Returns an entry as the sender of the request may see it. */
export function seenEntry(
  ledger: AnyLedger,
  entry: LedgerEntry,
  context: { readonly principal: Principal },
): LedgerEntry | Promise<LedgerEntry> {
  // An entry that was reached through its transaction is already limited to what the sender may see.
  if (!isOwner(principalOf(context)) || knowsTransaction(entry)) return entry
  return ledger.transaction(entry.transactionId).then((found) => (found ? ownEntry(entry, found) : entry))
}

type ResolveEntry<Value> = (
  entry: LedgerEntry,
  args: object,
  context: { readonly principal: Principal },
) => Value | Promise<Value>

/** Resolves a field of an entry from what the sender of the request may see. */
export function ofSeenEntry<Value>(
  ledger: AnyLedger,
  read: (entry: LedgerEntry) => Value,
): ResolveEntry<Value> {
  return (entry, _args, context) => {
    const seen = seenEntry(ledger, entry, context)
    return seen instanceof Promise ? seen.then(read) : read(seen)
  }
}
