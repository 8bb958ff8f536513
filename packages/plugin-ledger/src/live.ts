import type { LiveEntry } from '@shared-ledger/ledger'
import { reached } from './access.ts'
import { bookArg } from './books.ts'
import { lookupWeight } from './field-cost.ts'
import type { Graph } from './graph.ts'
import { ownerArg } from './inputs.ts'

/** Adds the subscription `ledgerEntryPosted`. */
export function addLive({ builder, ledger, types }: Graph): void {
  const LedgerEntryPosted = builder.objectRef<LiveEntry>('LedgerEntryPosted').implement({
    description: 'An entry that was posted.',
    fields: (t) => ({
      cursor: t.exposeString('cursor', {
        nullable: false,
        description: 'Its cursor in `ledgerEntries`. A subscriber that was cut off continues after it.',
      }),
      entry: t.expose('entry', {
        type: types.LedgerEntry,
        access: reached,
        nullable: false,
        description: 'What was posted.',
      }),
      balance: t.field({
        type: types.LedgerBalance,
        access: reached,
        nullable: false,
        description: "The owner's current balance.",
        cost: { weight: lookupWeight },
        resolve: ({ entry }) => ledger.balance(entry.ownerId, entry),
      }),
    }),
  })

  builder.subscriptionField('ledgerEntryPosted', (t) =>
    t.field({
      type: LedgerEntryPosted,
      nullable: false,
      description: "An owner's entries as they are posted, oldest first, each once.",
      args: {
        ownerId: ownerArg(t.arg),
        ...bookArg(t.arg, types.LedgerBook),
        after: t.arg.string({
          description:
            "The cursor of the last entry that was read. '' starts at the first entry. When left out, only new entries follow.",
        }),
      },
      access: { action: 'read', owner: ({ ownerId }) => ownerId },
      subscribe: (_root, { ownerId, ...input }) => ledger.postedEntries(ownerId, input),
      resolve: (posted) => posted,
    }),
  )
}
