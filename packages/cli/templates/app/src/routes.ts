import { defineMutationRoute, restPostedEntry, rowReader, shapes } from '@shared-ledger/rest'
import { z } from 'zod'
import { RestCreatePurchaseDocument } from './generated/documents.ts'
import { createPurchaseInput } from './purchases.ts'

const purchase = z
  .object({
    id: z.int().meta({ examples: [1] }),
    owner_id: shapes.ownerId,
    item: z.string(),
    created_on: shapes.createdOn,
  })
  .meta({ id: 'Purchase' })
const restPurchase = rowReader(purchase)

/** The app's own REST routes. The ledger's routes are added to them. */
export const routes = [
  defineMutationRoute({
    path: '/purchases',
    summary: 'Buy an item for the price of a purchase',
    description: 'The same request again returns the same purchase and charges nothing.',
    input: createPurchaseInput,
    document: RestCreatePurchaseDocument,
    success: {
      status: 201,
      description: 'Bought.',
      body: z.object({ purchase, ...shapes.postedEntry }).meta({ id: 'PostedPurchase' }),
    },
    answer: ({ purchase, ...posted }) => ({
      purchase: restPurchase(purchase),
      ...restPostedEntry(posted),
    }),
  }),
]
