import type { LedgerBalance } from './types.ts'

/** The nonce was used for a hold. A posting cannot have done that. */
interface ForHold {
  readonly holdId: string
}

/** The nonce was used for an entry. */
interface ForEntry<Entry> {
  readonly entry: Entry
  readonly balance: LedgerBalance
}

/** An entry with its whole transaction. */
interface WithTransaction<Transaction> {
  readonly transaction: Transaction
}

/** Makes a function that turns a duplicate into the success it stands for. */
export function replayedEntry<Name extends string>(__typename: Name) {
  return <Entry>(duplicate: ForEntry<Entry> | ForHold) => {
    if (!('entry' in duplicate)) return undefined
    const { entry, balance } = duplicate
    return { __typename, entry, balance }
  }
}

/** The same for a transaction. A duplicate has the balance of only one owner, so the other balances are read. */
export function replayedTransaction<Name extends string>(
  __typename: Name,
  balanceOf: (ownerId: string) => Promise<LedgerBalance>,
) {
  return async <Transaction extends { readonly entries: readonly { readonly ownerId: string }[] }>(
    duplicate: ForEntry<WithTransaction<Transaction>> | ForHold,
  ) => {
    if (!('entry' in duplicate)) return undefined
    const { transaction } = duplicate.entry
    const ownerIds = [...new Set(transaction.entries.map(({ ownerId }) => ownerId))]
    const balances = await Promise.all(
      ownerIds.map((ownerId) =>
        ownerId === duplicate.balance.ownerId ? duplicate.balance : balanceOf(ownerId),
      ),
    )
    return { __typename, transaction, balances }
  }
}
