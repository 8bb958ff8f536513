import {
  DuplicateNonceError,
  type Ledger,
  limits,
  nonceSchema,
  ownerIdSchema,
  type PostedEntry,
  parseInput,
  textSchema,
} from '@shared-ledger/ledger'
import { z } from 'zod'
import type { Content, Prisma, PrismaClient } from './generated/prisma/client.ts'
import type { operations } from './operations.ts'

export type ContentLedger = Ledger<typeof operations>

/** A content and the entry that was posted with it. */
export interface PostedContent extends PostedEntry<keyof typeof operations> {
  readonly content: Content
  /** Whether this answers a request that was posted before: nothing was posted now. */
  readonly replayed: boolean
}

export class ContentNotFoundError extends Error {
  override readonly name = 'ContentNotFoundError'
  readonly code = 'CONTENT_NOT_FOUND'

  constructor(id: string) {
    super(`There is no content ${id.slice(0, 40)}.`)
  }
}

const creationSchema = z.object({
  ownerId: ownerIdSchema,
  title: textSchema(200),
  body: textSchema(100_000),
  nonce: nonceSchema,
})

export type CreateContentInput = z.infer<typeof creationSchema>

const featureSchema = z.object({ contentId: z.string(), nonce: nonceSchema })

export type FeatureContentInput = z.infer<typeof featureSchema>

const accessSchema = z.object({ contentId: z.string(), ownerId: ownerIdSchema, nonce: nonceSchema })

export type AccessContentInput = z.infer<typeof accessSchema>

/** The content app's rules: each row is written in one transaction with the entry that pays for it. */
export function createContents(ledger: ContentLedger, prisma: PrismaClient) {
  /** @throws ContentNotFoundError */
  const find = async (contentId: string): Promise<Content> => {
    const id = contentIdOf(contentId)
    const content = id && (await prisma.content.findUnique({ where: { id } }))
    if (!content) throw new ContentNotFoundError(contentId)
    return content
  }

  return {
    /** Publishes a content for its price. @throws PostingError; an identical request again answers the same content. */
    async create(input: CreateContentInput): Promise<PostedContent> {
      const { ownerId, title, body, nonce } = parseInput(creationSchema, input)
      const posting = prisma.$transaction(async (tx) => {
        const posted = await ledger.postEntry({ ownerId, operation: 'CONTENT_CREATION', nonce }, { tx })
        const content = await tx.content.create({
          data: { ownerId, title, body, entryId: BigInt(posted.entry.id) },
        })
        return { ...posted, content, replayed: false }
      })
      return posting.catch((error) =>
        replay(error, async (entryId) => {
          const content = await prisma.content.findUnique({ where: { entryId } })
          return content?.title === title && content.body === body ? content : null
        }),
      )
    },

    /** Records that an owner reads a content. @throws ContentNotFoundError, PostingError */
    async access(input: AccessContentInput): Promise<PostedContent> {
      const { contentId, ownerId, nonce } = parseInput(accessSchema, input)
      const content = await find(contentId)
      const posting = prisma.$transaction(async (tx) => {
        const posted = await ledger.postEntry({ ownerId, operation: 'CONTENT_ACCESS', nonce }, { tx })
        await tx.access.create({ data: { contentId: content.id, ownerId, entryId: BigInt(posted.entry.id) } })
        return { ...posted, content, replayed: false }
      })
      return posting.catch((error) =>
        replay(error, async (entryId) => {
          const access = await prisma.access.findUnique({ where: { entryId } })
          return access?.contentId === content.id ? content : null
        }),
      )
    },

    /** Rewards the author of a content that is featured. @throws ContentNotFoundError, PostingError */
    async feature(input: FeatureContentInput): Promise<PostedContent> {
      const { contentId, nonce } = parseInput(featureSchema, input)
      const content = await find(contentId)
      const posted = await ledger.postEntry({
        ownerId: content.ownerId,
        operation: 'CONTENT_FEATURE',
        nonce,
        metadata: { content_id: contentId },
      })
      if (posted.ok) return { ...posted, content, replayed: false }
      return replay(posted.error, async () => content)
    },
  }
}

const pageMessage = `must be a whole number from 1 to ${limits.pageSize}`

const pageSchema = z.object({
  ownerId: ownerIdSchema,
  first: z.int(pageMessage).min(1, pageMessage).max(limits.pageSize, pageMessage).nullish(),
  after: z
    .string()
    .transform(contentIdOf)
    .refine((id) => id !== undefined, 'must be the id of a content')
    .nullish(),
})

/** Which contents a page has: those of an owner, newest first. @throws ValidationError */
export function contentsOf(input: z.input<typeof pageSchema>): Prisma.ContentFindManyArgs {
  const { ownerId, first, after } = parseInput(pageSchema, input)
  return {
    where: { ownerId, ...(after && { id: { lt: after } }) },
    orderBy: { id: 'desc' },
    take: first ?? limits.defaultPageSize,
  }
}

const maxContentId = 2 ** 31 - 1

/** A content's id as the database has it; undefined where none can be. */
export function contentIdOf(id: string): number | undefined {
  const number = /^[1-9]\d{0,9}$/.test(id) ? Number(id) : 0
  return number > 0 && number <= maxContentId ? number : undefined
}

/**
 * Answers a duplicate with the content of the first request, where `find` says that this one is the same;
 * where it is not, the nonce was used for something else.
 */
async function replay(
  error: unknown,
  find: (entryId: bigint) => Promise<Content | null>,
): Promise<PostedContent> {
  if (!(error instanceof DuplicateNonceError) || !error.identical) throw error
  const { entry, balance } = error
  const content = await find(BigInt(entry.id))
  if (!content) throw new DuplicateNonceError(entry, false, balance)
  return { content, entry, balance, replayed: true }
}
