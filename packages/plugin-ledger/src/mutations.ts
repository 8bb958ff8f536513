import { type PostedEntry, postingErrors } from '@shared-ledger/ledger'
import type { AnyLedger, LedgerBuilder } from './builder.ts'
import type { LedgerTypes } from './object-types.ts'

/** Adds the mutation `postLedgerEntry`. Its refusals are members of the result union. */
export function addMutations(builder: LedgerBuilder, ledger: AnyLedger, types: LedgerTypes): void {
  const { LedgerBalance, LedgerEntry, LedgerOperation } = types

  const PostLedgerEntryInput = builder.inputType('PostLedgerEntryInput', {
    fields: (t) => ({
      ownerId: t.string({ required: true, description: 'Whose account: 1 to 255 characters.' }),
      operation: t.field({ type: LedgerOperation, required: true }),
      amount: t.field({
        type: 'SafeInt',
        description:
          'A number of credits, >= 0: the operation gives the sign. A fixed or default amount may be left out.',
      }),
      nonce: t.string({
        required: true,
        description:
          'Your idempotency key, 1 to 255 characters: sent again with it, nothing is posted twice.',
      }),
      metadata: t.field({
        type: 'LedgerMetadata',
        description: 'Kept with the entry.',
      }),
    }),
  })

  const PostLedgerEntrySuccess = builder.objectRef<PostedEntry>('PostLedgerEntrySuccess').implement({
    fields: (t) => ({
      entry: t.expose('entry', { type: LedgerEntry, nullable: false }),
      balance: t.expose('balance', { type: LedgerBalance, nullable: false }),
    }),
  })

  builder.mutationField('postLedgerEntry', (t) =>
    t.field({
      type: PostLedgerEntrySuccess,
      nullable: false,
      description: "Posts one entry to an owner's account.",
      errors: { types: [...postingErrors], directResult: true, union: { name: 'PostLedgerEntryResult' } },
      args: { input: t.arg({ type: PostLedgerEntryInput, required: true }) },
      resolve: async (_root, { input }) => {
        const result = await ledger.postEntry(input)
        if (result.ok) return result
        throw result.error
      },
    }),
  )
}
