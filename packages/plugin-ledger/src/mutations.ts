import type { Graph } from './graph.ts'
import { entryInputFields, inputArg, postingInputFields } from './inputs.ts'
import { addResult, answerOf } from './results.ts'

/** Adds the mutation `postLedgerEntry`. Returns its input and result: a batch has lists of them. */
export function addPostLedgerEntry(graph: Graph) {
  const { builder, ledger } = graph
  const PostLedgerEntryInput = builder.inputType('PostLedgerEntryInput', {
    description: 'An entry to post.',
    fields: (t) => ({ ...entryInputFields(t, graph), ...postingInputFields(t) }),
  })
  const PostLedgerEntryResult = addResult(graph, 'PostLedgerEntry', ['entry', 'balance'])

  builder.mutationField('postLedgerEntry', (t) =>
    t.field({
      type: PostLedgerEntryResult,
      nullable: false,
      description: "Posts one entry to an owner's account.",
      args: { input: inputArg(t.arg, PostLedgerEntryInput) },
      resolve: (_root, { input }) => answerOf(ledger.postEntry(input)),
    }),
  )
  return { PostLedgerEntryInput, PostLedgerEntryResult }
}
