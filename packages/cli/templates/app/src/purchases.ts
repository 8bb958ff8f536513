import { type Ledger, nonceSchema, ownerIdSchema, textSchema } from '@shared-ledger/ledger'
import { z } from 'zod'
import type { PrismaClient } from './generated/prisma/client.ts'
import type { operations } from './operations.ts'

export type AppLedger = Ledger<typeof operations>

export const createPurchaseInput = z
  .object({
    ownerId: ownerIdSchema.describe('Who buys, and pays.'),
    item: textSchema(200).meta({ examples: ['A ticket'] }),
    nonce: nonceSchema,
  })
  .describe('A purchase to make.')

/** Writes a purchase and posts the entry that pays for it. A repeated request returns the first result. @throws PostingError */
export function createPurchase(
  { ledger, prisma }: { ledger: AppLedger; prisma: PrismaClient },
  { ownerId, item, nonce }: z.output<typeof createPurchaseInput>,
) {
  return ledger.once(prisma, {
    post: (tx) => ledger.postEntry({ ownerId, operation: 'PURCHASE', nonce }, { tx }),
    write: (tx, { entry }) => tx.purchase.create({ data: { ownerId, item, entryId: BigInt(entry.id) } }),
    find: ({ entry }) => prisma.purchase.findUnique({ where: { entryId: BigInt(entry.id), item } }),
  })
}

/** A purchase, in `row`, and the entry that pays for it. */
export type PostedPurchase = Awaited<ReturnType<typeof createPurchase>>
