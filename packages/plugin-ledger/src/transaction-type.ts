import { type LedgerEntry, type LedgerTransaction, limits } from '@shared-ledger/ledger'
import { reached } from './access.ts'
import { lookupWeight } from './field-cost.ts'
import type { Graph } from './graph.ts'
import { type EntryOfTransaction, knowsTransaction } from './seen-entry.ts'

/** Adds the type of transactions, and the field `transaction` of each entry. */
export function addTransactionType({ builder, ledger, types: { LedgerEntry, LedgerTransaction } }: Graph) {
  builder.objectType(LedgerTransaction, {
    description: 'Entries that were posted together: all of them or none.',
    fields: (t) => ({
      id: t.exposeID('id', {
        nullable: false,
        description: 'In the answer to a dry run, an id that no transaction has.',
      }),
      nonce: t.exposeString('nonce', {
        nullable: false,
        description:
          'The idempotency key of its request. Each of its entries has the same. Empty for an owner when others take part.',
      }),
      metadata: t.expose('metadata', {
        type: 'LedgerMetadata',
        nullable: false,
        description:
          'The metadata of its request. Each of its entries has the same. {} for an owner when others take part.',
      }),
      createdOn: t.expose('createdOn', {
        type: 'DateTime',
        nullable: false,
        description: 'When it was posted, to the millisecond.',
      }),
      entries: t.field({
        type: [LedgerEntry],
        access: reached,
        nullable: false,
        description: 'In the order in which they were posted. An owner only sees entries of its own account.',
        cost: { weight: 0, size: limits.transactionEntries },
        resolve: (transaction) =>
          transaction.entries.map((entry): EntryOfTransaction => ({ ...entry, transaction })),
      }),
    }),
  })

  builder.objectField(LedgerEntry, 'transaction', (t) =>
    t.field({
      type: LedgerTransaction,
      access: reached,
      nullable: false,
      description: 'The transaction in which it was posted.',
      cost: { weight: lookupWeight },
      resolve: async (entry) =>
        knowsTransaction(entry)
          ? entry.transaction
          : ((await ledger.transaction(entry.transactionId)) ?? transactionOfOne(entry)),
    }),
  )
}

/** Makes the transaction of a dry run, which is stored nowhere. It has only this entry. */
function transactionOfOne(entry: LedgerEntry): LedgerTransaction {
  const { transactionId: id, nonce, metadata, createdOn } = entry
  return { id, nonce, metadata, createdOn, entries: [entry] }
}
