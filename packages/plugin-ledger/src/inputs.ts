import type { InputFieldBuilder } from '@pothos/core'
import type { BuilderTypes } from './builder.ts'
import type { Graph } from './graph.ts'

type InputFields = InputFieldBuilder<BuilderTypes, 'InputObject'>

/** The fields of an entry that is asked for. */
export const entryInputFields = (t: InputFields, { types: { LedgerOperation } }: Graph) => ({
  ownerId: t.string({ required: true, description: 'Whose account: 1 to 255 characters.' }),
  operation: t.field({ type: LedgerOperation, required: true }),
  amount: t.field({
    type: 'SafeInt',
    description:
      'A number of credits, >= 0: the operation gives the sign. A fixed or default amount may be left out.',
  }),
})

/** The fields that every posting has. */
export const postingInputFields = (t: InputFields) => ({
  nonce: t.string({
    required: true,
    description: 'Your idempotency key, 1 to 255 characters: sent again with it, nothing is posted twice.',
  }),
  metadata: t.field({ type: 'LedgerMetadata', description: 'Kept with what is posted.' }),
  dryRun: t.boolean({
    description: 'Answers what the posting would come to, and writes nothing: its ids name nothing.',
  }),
})
