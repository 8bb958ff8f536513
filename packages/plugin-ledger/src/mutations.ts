import type { Graph } from './graph.ts'
import { entryInputFields, postingInputFields } from './inputs.ts'
import { addResult, answerOf } from './results.ts'

/** Adds the mutation `postLedgerEntry`, and answers its input and result: a batch has lists of them. */
export function addPostLedgerEntry(graph: Graph) {
  const { builder, ledger } = graph
  const PostLedgerEntryInput = builder.inputType('PostLedgerEntryInput', {
    fields: (t) => ({ ...entryInputFields(t, graph), ...postingInputFields(t) }),
  })
  const PostLedgerEntryResult = addResult(graph, 'PostLedgerEntry', ['entry', 'balance'])

  builder.mutationField('postLedgerEntry', (t) =>
    t.field({
      type: PostLedgerEntryResult,
      nullable: false,
      description: "Posts one entry to an owner's account.",
      args: { input: t.arg({ type: PostLedgerEntryInput, required: true }) },
      resolve: (_root, { input }) => answerOf(ledger.postEntry(input)),
    }),
  )
  return { PostLedgerEntryInput, PostLedgerEntryResult }
}
