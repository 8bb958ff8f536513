import type { LedgerEntry, LedgerHold } from '@shared-ledger/ledger'
import type { BalanceShape } from './types.ts'

// By ids a client's cache knows what it has seen before. A balance of another time than now has another id than the current
// one, and what a dry run imagines has ids that name nothing and that no other answer has: in a cache neither takes the
// place of what is so.

/** The ledger's id of an entry that a dry run imagines. */
const imagined = '0'

/** The id of an owner's account: opaque, and safe for any owner. */
export function accountId(app: string, ownerId: string): string {
  return opaque(app, ownerId)
}

/** The id of a balance: that of the account for the current one. */
export function balanceId(app: string, balance: BalanceShape): string {
  if ('asOf' in balance) return opaque(app, balance.ownerId, balance.asOf.toISOString())
  if (balance.seenIn !== undefined) return opaque(app, balance.ownerId, balance.seenIn)
  return accountId(app, balance.ownerId)
}

/** The id of an entry. */
export function entryId({ id, transactionId, seq, ownerId }: LedgerEntry): string {
  return id === imagined ? dryRunId(transactionId, seq, ownerId) : id
}

/** The id of a hold. */
export function holdId(hold: LedgerHold): string {
  return hold.seenIn === undefined ? hold.id : dryRunId(hold.seenIn)
}

function opaque(...parts: readonly string[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url')
}

function dryRunId(...parts: readonly (string | number)[]): string {
  return ['dry-run', ...parts].join(':')
}
