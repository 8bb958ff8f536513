import type { LiveEntry } from '@shared-ledger/ledger'
import { reached } from './access.ts'
import { bookArg } from './books.ts'
import { lookupWeight } from './field-cost.ts'
import type { Graph } from './graph.ts'

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
      description:
        'Entries as they are posted, oldest first, each once. Those of the whole app come by id, each as soon as no open transaction can add one before it.',
      args: {
        ownerId: t.arg.string({ description: 'Whose entries. Those of all owners when left out.' }),
        ...bookArg(t.arg, types.LedgerBook),
        after: t.arg.string({
          description:
            "The cursor of the last entry that was read. '' starts at the first entry. When left out, only new entries follow.",
        }),
      },
      access: { action: 'read', owner: ({ ownerId }) => ownerId },
      subscribe: (_root, { ownerId, ...input }) => ledger.postedEntries(ownerId ?? null, input),
      resolve: (posted) => posted,
    }),
  )
}
