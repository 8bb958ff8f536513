import type { Ledger, PostEntryInput } from '@shared-ledger/ledger'
import type { operations } from '../posting.ts'

type BenchLedger = Ledger<typeof operations>

/** Returns the same ledger, but postings of one entry are answered at once, without a database. */
export function noopLedger(ledger: BenchLedger): BenchLedger {
  const posted = ({ ownerId, operation, amount, nonce }: PostEntryInput<keyof typeof operations>) => ({
    ok: true as const,
    entry: {
      id: '1',
      ownerId,
      seq: 1,
      operation,
      operationName: operation,
      amount: amount ?? 1,
      balanceAfter: 1,
      nonce,
      transactionId: '00000000-0000-7000-8000-000000000000',
      metadata: {},
      createdOn: new Date(),
      reverses: null,
      refunds: null,
      holdId: null,
      book: ledger.app,
    },
    balance: {
      ownerId,
      book: ledger.app,
      amount: 1,
      overdraft: 0,
      held: 0,
      available: 1,
      state: 'OPEN' as const,
    },
  })
  // One function serves both ways to call it, because its answer has all that each expects.
  const postEntry = async (input: PostEntryInput<keyof typeof operations>) => posted(input)
  return { ...ledger, postEntry: Object.assign(postEntry, { refusals: ledger.postEntry.refusals }) }
}
