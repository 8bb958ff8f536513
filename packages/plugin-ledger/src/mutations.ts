import type { Graph } from './graph.ts'
import { inputArg, postedEntryInputFields, postingInputFields } from './inputs.ts'
import { scopesOf } from './operation-scopes.ts'
import { addResult } from './results.ts'

/** Adds the mutation `postLedgerEntry`. Returns its input and result, because a batch has lists of them. */
export function addPostLedgerEntry(graph: Graph) {
  const { builder, ledger } = graph
  const PostLedgerEntryInput = builder.inputType('PostLedgerEntryInput', {
    description: 'An entry to post.',
    fields: (t) => ({ ...postedEntryInputFields(t, graph), ...postingInputFields(t) }),
  })
  const posting = addResult(graph, 'PostLedgerEntry', ledger.postEntry, ['entry', 'balance'])

  builder.mutationField('postLedgerEntry', (t) =>
    t.field({
      type: posting.type,
      nullable: false,
      description: "Posts one entry to an owner's account.",
      args: { input: inputArg(t.arg, PostLedgerEntryInput) },
      access: { action: 'post', owner: 'any', scopes: ({ input }) => scopesOf(ledger, [input]) },
      resolve: (_root, { input }) => posting.run(input),
    }),
  )
  return { PostLedgerEntryInput, PostLedgerEntryResult: posting.type }
}
