import {
  defineRefusal,
  idSchema,
  type Ledger,
  nonceSchema,
  ownerIdSchema,
  type PostedEntry,
  type Replay,
  rowIdOf,
  textSchema,
} from '@shared-ledger/ledger'
import { z } from 'zod'
import type { Content, PrismaClient } from './generated/prisma/client.ts'
import type { operations } from './operations.ts'

export type ContentLedger = Ledger<typeof operations>

/** A content and the entry that was posted with it. */
export interface PostedContent extends PostedEntry<keyof typeof operations>, Replay {
  readonly content: Content
}

export const ContentNotFoundError = defineRefusal('CONTENT_NOT_FOUND', {
  status: 404,
  meaning: 'No content has this id. Nothing was posted.',
  message: (id: string) => `There is no content ${id.slice(0, 40)}.`,
})

const contentId = idSchema.describe('The id of the content.')

export const createContentInput = z
  .object({
    ownerId: ownerIdSchema.describe('Who publishes it, and pays.'),
    title: textSchema(200).meta({ examples: ['On ledgers'] }),
    body: textSchema(100_000).meta({ examples: ['Every entry stays.'] }),
    nonce: nonceSchema,
  })
  .describe('A content to publish.')

export const accessContentInput = z
  .object({ contentId, ownerId: ownerIdSchema.describe('Who accesses it.'), nonce: nonceSchema })
  .describe('An access to record.')

export const featureContentInput = z
  .object({ contentId, nonce: nonceSchema })
  .describe('A content to feature.')

/** The content app's commands and rules. Each row is written in one transaction with the entry that pays for it. */
export function createContents(ledger: ContentLedger, prisma: PrismaClient) {
  /** @throws ContentNotFoundError */
  const find = async (contentId: string): Promise<Content> => {
    const content = await prisma.content.findUnique({ where: { id: rowIdOf(contentId) } })
    if (!content) throw new ContentNotFoundError(contentId)
    return content
  }

  return {
    /** Publishes a content for its price. An identical request returns the same content again. @throws PostingError */
    async create({ nonce, ...text }: z.output<typeof createContentInput>): Promise<PostedContent> {
      const { row: content, ...posted } = await ledger.once(prisma, {
        post: (tx) =>
          ledger.postEntry({ ownerId: text.ownerId, operation: 'CONTENT_CREATION', nonce }, { tx }),
        write: (tx, { entry }) => tx.content.create({ data: { ...text, entryId: BigInt(entry.id) } }),
        find: ({ entry }) => prisma.content.findUnique({ where: { ...text, entryId: BigInt(entry.id) } }),
      })
      return { ...posted, content }
    },

    /** Records that an owner reads a content. @throws ContentNotFoundError, PostingError */
    async access({ nonce, ...input }: z.output<typeof accessContentInput>): Promise<PostedContent> {
      const content = await find(input.contentId)
      const access = { contentId: content.id, ownerId: input.ownerId }
      const { row: _, ...posted } = await ledger.once(prisma, {
        post: (tx) =>
          ledger.postEntry({ ownerId: access.ownerId, operation: 'CONTENT_ACCESS', nonce }, { tx }),
        write: (tx, { entry }) => tx.access.create({ data: { ...access, entryId: BigInt(entry.id) } }),
        find: ({ entry }) => prisma.access.findUnique({ where: { ...access, entryId: BigInt(entry.id) } }),
      })
      return { ...posted, content }
    },

    /** Rewards the author of a featured content. @throws ContentNotFoundError, PostingError */
    async feature({ contentId, nonce }: z.output<typeof featureContentInput>): Promise<PostedContent> {
      const content = await find(contentId)
      const { ownerId } = content
      const metadata = { content_id: contentId }
      const posted = await ledger.once({
        post: () => ledger.postEntry({ ownerId, operation: 'CONTENT_FEATURE', nonce, metadata }),
      })
      return { ...posted, content }
    },
  }
}
