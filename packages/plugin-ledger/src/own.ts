import type { LedgerEntry, LedgerTransaction } from '@shared-ledger/ledger'

/** The ledger's types whose values are of an account, or of several. */
export const accountTypes: ReadonlySet<string> = new Set([
  'LedgerAccount',
  'LedgerBalance',
  'LedgerEntry',
  'LedgerHold',
  'LedgerTransaction',
])

/** What an owner may see of what has owners: what is of its own account; null where nothing is. */
export function ownPart(found: object, owner: string): object | null {
  if (isTransaction(found)) return ownTransaction(found, owner)
  return 'ownerId' in found && found.ownerId === owner ? found : null
}

/** The same of a member of a union, which may have no owner, as errors have none. */
export function ownMember(found: object, owner: string): object | null {
  return isTransaction(found) || 'ownerId' in found ? ownPart(found, owner) : found
}

function isTransaction(found: object): found is LedgerTransaction {
  return 'entries' in found && 'createdOn' in found
}

/**
 * A transaction as an owner sees it: its own entries; the nonce and the metadata, which all its owners share, only where
 * all entries are its own. Null where none is.
 */
function ownTransaction(transaction: LedgerTransaction, owner: string): LedgerTransaction | null {
  const entries = transaction.entries.filter(({ ownerId }) => ownerId === owner)
  if (entries.length === 0) return null
  if (entries.length === transaction.entries.length) return transaction
  return { ...transaction, ...withheld, entries: entries.map((entry) => ({ ...entry, ...withheld })) }
}

/** An entry as its owner sees it, by the transaction that it is of. */
export function ownEntry(entry: LedgerEntry, { entries }: LedgerTransaction): LedgerEntry {
  return entries.every(({ ownerId }) => ownerId === entry.ownerId) ? entry : { ...entry, ...withheld }
}

/** What stands in the place of a nonce and of metadata that are not for the reader. No nonce is empty. */
const withheld = { nonce: '', metadata: {} } as const
