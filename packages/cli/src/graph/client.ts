import { createLedgerClient, type LedgerClient, type LedgerClientOptions } from '@shared-ledger/client'
import type { Profile } from './profiles.ts'

/** A client of any app's graph. The operations are the app's, which only the app knows. */
export type LedgerGraph = LedgerClient<string, string>

/** Opens a client of the graph. Its reads are about the target's book, where it names one. */
export function openGraph(
  { url, key, book }: Profile,
  options: Pick<LedgerClientOptions, 'retry'> = {},
): LedgerGraph {
  const reached = { url, key, ...options }
  if (book === undefined) return createLedgerClient<string, string>(reached)
  const client = createLedgerClient<string, string, string>({ ...reached, books: true })
  // A page is spread because its type with a book does not count as one without.
  return {
    ...client,
    balance: (ownerId, given) => client.balance(ownerId, { ...given, book }),
    available: (ownerId) => client.available(ownerId, { book }),
    entryByNonce: (ownerId, nonce) => client.entryByNonce(ownerId, nonce, { book }),
    entries: async (given) => ({ ...(await client.entries({ ...given, book })) }),
    allEntries: (given) => client.allEntries({ ...given, book }),
    accountEntries: (given) => client.accountEntries({ ...given, book }),
    holds: (ownerId) => client.holds(ownerId, { book }),
    lots: async (given) => ({ ...(await client.lots({ ...given, book })) }),
    liveLots: (ownerId) => client.liveLots(ownerId, { book }),
    lotUses: async (id, page) => {
      const uses = await client.lotUses(id, page)
      return uses && { ...uses }
    },
    lotSummary: (given) => client.lotSummary({ ...given, book }),
    expiring: (ownerId) => client.expiring(ownerId, { book }),
    summary: (given) => client.summary({ ...given, book }),
    totals: () => client.totals({ book }),
    outstanding: (given) => client.outstanding({ ...given, book }),
    accounts: async (given) => ({ ...(await client.accounts({ ...given, book })) }),
    allAccounts: (given) => client.allAccounts({ ...given, book }),
    entriesPosted: (ownerId, given) => client.entriesPosted(ownerId, { ...given, book }),
  }
}
