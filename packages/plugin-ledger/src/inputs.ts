import type { ArgBuilder, InputFieldBuilder, InputRef } from '@pothos/core'
import { limits } from '@shared-ledger/ledger'
import type { BuilderTypes } from './builder.ts'
import type { Graph } from './graph.ts'

type InputFields = InputFieldBuilder<BuilderTypes, 'InputObject'>

const ownerId = {
  required: true,
  description: `The account's owner: 1 to ${limits.idCharacters} characters, compared byte for byte.`,
} as const

/** The argument for the owner of an account. */
export const ownerArg = (arg: ArgBuilder<BuilderTypes>) => arg.string(ownerId)

/** The input field for the owner of an account. */
export const ownerField = (t: InputFields) => t.string(ownerId)

/** The one argument of a mutation. */
export const inputArg = <Input extends InputRef>(arg: ArgBuilder<BuilderTypes>, type: Input) =>
  arg({ type, required: true, description: 'The input of the mutation.' })

/** The input fields of an entry. */
export const entryInputFields = (t: InputFields, { types: { LedgerPostOperation } }: Graph) => ({
  ownerId: ownerField(t),
  operation: t.field({
    type: LedgerPostOperation,
    required: true,
    description: 'What to do with the credits.',
  }),
  amount: t.field({
    type: 'SafeInt',
    description:
      'A number of credits, >= 0: the operation gives the sign. A fixed or default amount may be left out.',
  }),
})

/** The input fields of an entry that is posted. In an app with lots, it may say when its credits expire. */
export const postedEntryInputFields = (t: InputFields, graph: Graph) => ({
  ...entryInputFields(t, graph),
  ...(graph.LedgerLotKind && {
    expiresOn: t.field({
      type: 'DateTime',
      description:
        'When the credits expire, for an operation with a lot. Its own expiry applies if it is earlier.',
    }),
  }),
})

/** The input fields of every posting. */
export const postingInputFields = (t: InputFields) => ({
  nonce: t.string({
    required: true,
    description: `Your idempotency key, 1 to ${limits.idCharacters} characters. A request that is sent again with it is not posted twice.`,
  }),
  metadata: t.field({ type: 'LedgerMetadata', description: 'Stored with the posting. {} when left out.' }),
  dryRun: t.boolean({
    description:
      'Returns what the posting would come to, and writes nothing. The ids in the answer do not exist.',
  }),
})
