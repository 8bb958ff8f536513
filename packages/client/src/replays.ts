/** The account of an entry or a balance. */
interface Account<Book extends string> {
  readonly ownerId: string
  /** In an app with several books. */
  readonly book?: Book
}

/** The nonce was used for a hold. A posting cannot have done that. */
interface ForHold {
  readonly holdId: string
}

/** The nonce was used for an entry. */
interface ForEntry<Entry, Balance> {
  readonly entry: Entry
  readonly balance: Balance
}

/** An entry with its whole transaction. */
interface WithTransaction<Transaction> {
  readonly transaction: Transaction
}

/** Makes a function that turns a duplicate into the success it stands for. */
export function replayedEntry<Name extends string>(__typename: Name) {
  return <Entry, Balance>(duplicate: ForEntry<Entry, Balance> | ForHold) => {
    if (!('entry' in duplicate)) return undefined
    const { entry, balance } = duplicate
    return { __typename, entry, balance }
  }
}

/** The same for a transaction. A duplicate has the balance of only one account, so the other balances are read. */
export function replayedTransaction<Name extends string, Book extends string, Balance extends Account<Book>>(
  __typename: Name,
  balanceOf: (ownerId: string, of: { readonly book: Book | undefined }) => Promise<Balance>,
) {
  return async <Transaction extends { readonly entries: readonly Account<Book>[] }>(
    duplicate: ForEntry<WithTransaction<Transaction>, Balance> | ForHold,
  ) => {
    if (!('entry' in duplicate)) return undefined
    const { transaction } = duplicate.entry
    const accounts = new Map(transaction.entries.map((entry) => [keyOf(entry), entry]))
    const balances = await Promise.all(
      [...accounts].map(([key, { ownerId, book }]) =>
        key === keyOf(duplicate.balance) ? duplicate.balance : balanceOf(ownerId, { book }),
      ),
    )
    return { __typename, transaction, balances }
  }
}

function keyOf({ ownerId, book }: Account<string>): string {
  return JSON.stringify([ownerId, book])
}
