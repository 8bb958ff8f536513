import type { LedgerEntry, LedgerTransaction } from '@shared-ledger/ledger'

/** The ledger's types whose values belong to one account or to several. */
export const accountTypes: ReadonlySet<string> = new Set([
  'LedgerAccount',
  'LedgerBalance',
  'LedgerEntry',
  'LedgerHold',
  'LedgerLot',
  'LedgerOtherAppsEntry',
  'LedgerTransaction',
])

/** Returns the part of a result that belongs to an owner's account, or null when there is none. */
export function ownPart(found: object, owner: string): object | null {
  if (isTransaction(found)) return ownTransaction(found, owner)
  return 'ownerId' in found && found.ownerId === owner ? found : null
}

/** Does the same for a member of a union. Errors have no owner. */
export function ownMember(found: object, owner: string): object | null {
  return isTransaction(found) || 'ownerId' in found ? ownPart(found, owner) : found
}

function isTransaction(found: object): found is LedgerTransaction {
  return 'entries' in found && 'createdOn' in found
}

/**
 * Returns a transaction as an owner sees it, with only its own entries. The nonce and the metadata are shared by all
 * owners, and are shown only if all entries are its own. Returns null when none is.
 */
function ownTransaction(transaction: LedgerTransaction, owner: string): LedgerTransaction | null {
  const entries = transaction.entries.filter(({ ownerId }) => ownerId === owner)
  if (entries.length === 0) return null
  if (entries.length === transaction.entries.length) return transaction
  return { ...transaction, ...withheld, entries: entries.map((entry) => ({ ...entry, ...withheld })) }
}

/** Returns an entry as its owner sees it, which depends on its transaction. */
export function ownEntry(entry: LedgerEntry, { entries }: LedgerTransaction): LedgerEntry {
  return entries.every(({ ownerId }) => ownerId === entry.ownerId) ? entry : { ...entry, ...withheld }
}

/** Replaces a nonce and metadata that are not for the reader. No real nonce is empty. */
const withheld = { nonce: '', metadata: {} } as const
