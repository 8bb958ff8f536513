import { limits } from '@shared-ledger/ledger'
import type { Graph } from './graph.ts'
import type { addPostLedgerEntry } from './mutations.ts'
import { scopesOf } from './operation-scopes.ts'
import { memberOf } from './results.ts'

/** Adds `postLedgerEntries`: many postings in one call. */
export function addBatches(
  { builder, ledger }: Graph,
  { PostLedgerEntryInput, PostLedgerEntryResult }: ReturnType<typeof addPostLedgerEntry>,
): void {
  builder.mutationField('postLedgerEntries', (t) =>
    t.field({
      type: [PostLedgerEntryResult],
      nullable: false,
      description: `Posts 1 to ${limits.batchEntries.toLocaleString('en')} entries, each on its own. Returns one result per entry, in order.`,
      args: {
        inputs: t.arg({
          type: [PostLedgerEntryInput],
          required: true,
          description: 'The entries, in the order in which they are posted and answered.',
        }),
        dryRun: t.arg.boolean({
          description:
            'Returns the results of all entries, and writes nothing. An input with its own dryRun is refused.',
        }),
      },
      access: { action: 'post', owner: 'any', scopes: ({ inputs }) => scopesOf(ledger, inputs) },
      resolve: async (_root, { inputs, dryRun }) => {
        const results = await ledger.postEntries(inputs, { dryRun: dryRun ?? false })
        return results.map(memberOf)
      },
    }),
  )
}
