import type { ContractGraph } from '../graph.ts'

/** Adds `postLedgerEntries`: many postings in one call. */
export function addBatches({ builder, ledger, posting }: ContractGraph): void {
  builder.mutationField('postLedgerEntries', (t) =>
    t.field({
      type: [posting.PostLedgerEntryResult],
      nullable: false,
      description: 'Posts 1 to 1,000 entries, each on its own, and answers in order what became of each.',
      args: {
        inputs: t.arg({ type: [posting.PostLedgerEntryInput], required: true }),
        dryRun: t.arg.boolean({ description: 'One for all: in an input it is refused.' }),
      },
      resolve: async (_root, { inputs, dryRun }) => {
        const results = await ledger.postEntries(inputs, { dryRun: dryRun ?? false })
        return results.map((result) => (result.ok ? result : result.error))
      },
    }),
  )
}
