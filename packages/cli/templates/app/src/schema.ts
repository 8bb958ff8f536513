import SchemaBuilder from '@pothos/core'
import PrismaPlugin from '@pothos/plugin-prisma'
import { errorsOf, rowsOfOwner } from '@shared-ledger/ledger'
import {
  type LedgerScalars,
  ledgerPlugins,
  ownerRowsArgs,
  postedFields,
  relayOptions,
} from '@shared-ledger/plugin-ledger'
import { getDatamodel, type default as PrismaTypes } from './generated/pothos.ts'
import type { PrismaClient } from './generated/prisma/client.ts'
import { type AppLedger, createPurchase, createPurchaseInput, type PostedPurchase } from './purchases.ts'

/** Returns the app's GraphQL schema: the ledger's types, and the app's own purchases. */
export function createSchema(ledger: AppLedger, prisma: PrismaClient) {
  const builder = new SchemaBuilder<{
    PrismaTypes: PrismaTypes
    Scalars: LedgerScalars
    DefaultFieldNullability: false
  }>({
    plugins: [...ledgerPlugins, PrismaPlugin],
    prisma: { client: prisma, dmmf: getDatamodel() },
    relay: relayOptions,
    defaultFieldNullability: false,
  })
  builder.subscriptionType()
  const ledgerTypes = builder.addLedger(ledger)

  const Purchase = builder.prismaObject('Purchase', {
    description: 'What an owner has bought.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'Given when it is bought.' }),
      ownerId: t.exposeString('ownerId', { description: 'Who bought it, and paid.' }),
      item: t.exposeString('item', { description: 'Not empty, at most 200 characters.' }),
      createdOn: t.expose('createdOn', { type: 'DateTime', description: 'When it was bought.' }),
      entry: t.field({
        type: ledgerTypes.LedgerEntry,
        nullable: true,
        description: 'The entry that paid for it.',
        select: { entryId: true },
        resolve: ({ entryId }) => ledger.entry(String(entryId)),
      }),
    }),
  })

  const Posted = builder.objectRef<PostedPurchase>('PostedPurchase').implement({
    description: 'A purchase and the entry that was posted with it.',
    fields: (t) => ({
      purchase: t.expose('row', { type: Purchase, description: 'The purchase.' }),
      ...postedFields(t, ledgerTypes, ['entry', 'balance', 'replayed']),
    }),
  })

  builder.queryField('purchases', (t) =>
    t.prismaField({
      type: [Purchase],
      description: "An owner's purchases, newest first.",
      args: ownerRowsArgs(t.arg),
      access: { action: 'read', owner: ({ ownerId }) => ownerId },
      resolve: (query, _root, args) => prisma.purchase.findMany({ ...query, ...rowsOfOwner(args) }),
    }),
  )

  builder.addMutation('createPurchase', {
    description: 'Buys an item for the price of a purchase.',
    input: createPurchaseInput,
    type: Posted,
    refusals: errorsOf(ledger.postEntry),
    access: { action: 'act', owner: ({ input }) => input.ownerId },
    resolve: (input) => createPurchase({ ledger, prisma }, input),
  })

  return builder.toSchema({ sortSchema: false })
}
