import type { ArgBuilder } from '@pothos/core'
import type { BuilderTypes } from '../builder.ts'
import type { Graph } from '../graph.ts'

type StatementArgs = ReturnType<typeof addStatementArgs>

/** The arguments that the part statements gives to `balance` and `ledgerEntries`; without it, none. */
export function statementArgs(graph: Graph): StatementArgs {
  if (graph.parts.has('statements')) return addStatementArgs(graph)
  // All of them are optional: to the fields, a graph without them is one where nobody gives them.
  const none = () => ({}) as never
  return { balance: none, entries: none }
}

function addStatementArgs({ builder }: Graph) {
  const LedgerEntryOrder = builder.enumType('LedgerEntryOrder', {
    description: 'Which way a list of entries goes.',
    values: {
      NEWEST_FIRST: { description: 'From the newest entry to the oldest.' },
      OLDEST_FIRST: { description: 'From the oldest entry to the newest.' },
    },
  })
  const LedgerMetadataFilter = builder.inputType('LedgerMetadataFilter', {
    description:
      'Entries whose metadata has this value under this key. At most 10,000 entries are looked at for a page: one with ' +
      'fewer matches is short, and its end cursor goes on.',
    fields: (t) => ({
      key: t.string({ required: true, description: 'A key of the metadata.' }),
      value: t.string({ required: true, description: 'Its whole value, compared byte for byte.' }),
    }),
  })
  return {
    balance: (arg: ArgBuilder<BuilderTypes>) => ({
      asOf: arg({ type: 'DateTime', description: 'The balance after the last entry until this moment.' }),
    }),
    entries: (arg: ArgBuilder<BuilderTypes>) => ({
      from: arg({ type: 'DateTime', description: 'Only entries from this moment on.' }),
      to: arg({ type: 'DateTime', description: 'Only entries before this moment.' }),
      order: arg({ type: LedgerEntryOrder, description: 'Newest first when left out.' }),
      metadata: arg({ type: LedgerMetadataFilter, description: 'Only entries with this in their metadata.' }),
    }),
  }
}
