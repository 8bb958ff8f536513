import SchemaBuilder from '@pothos/core'
import PrismaPlugin from '@pothos/plugin-prisma'
import { errorsOf, limits } from '@shared-ledger/ledger'
import { type LedgerScalars, ledgerPlugins, relayOptions } from '@shared-ledger/plugin-ledger'
import type { GraphQLSchema } from 'graphql'
import {
  type ContentLedger,
  ContentNotFoundError,
  contentIdOf,
  contentsOf,
  createContents,
  type PostedContent,
} from './contents.ts'
import { getDatamodel, type default as PrismaTypes } from './generated/pothos.ts'
import type { PrismaClient } from './generated/prisma/client.ts'
import { problems } from './problems.ts'

/** The content app's graph: the ledger's, and its own contents. */
export function createSchema(ledger: ContentLedger, prisma: PrismaClient): GraphQLSchema {
  const contents = createContents(ledger, prisma)
  const builder = new SchemaBuilder<{ PrismaTypes: PrismaTypes; Scalars: LedgerScalars }>({
    plugins: [...ledgerPlugins, PrismaPlugin],
    prisma: { client: prisma, dmmf: getDatamodel() },
    relay: relayOptions,
  })
  builder.queryType()
  builder.mutationType()
  builder.subscriptionType()
  const ledgerTypes = builder.addLedger(ledger)

  builder.objectType(ContentNotFoundError, {
    name: 'ContentNotFoundError',
    description: problems.CONTENT_NOT_FOUND.meaning,
    interfaces: [ledgerTypes.Error],
  })

  const Content = builder.prismaObject('Content', {
    description: 'A text that an owner has published.',
    fields: (t) => ({
      id: t.exposeID('id', { nullable: false, description: 'Given when it is published.' }),
      ownerId: t.exposeString('ownerId', { nullable: false, description: 'Who published it, and paid.' }),
      title: t.exposeString('title', { nullable: false, description: '1 to 200 characters.' }),
      body: t.exposeString('body', { nullable: false, description: '1 to 100,000 characters.' }),
      createdOn: t.expose('createdOn', {
        type: 'DateTime',
        nullable: false,
        description: 'When it was published.',
      }),
      accessCount: t.relationCount('accesses', {
        nullable: false,
        description: 'How often it was accessed.',
      }),
      entry: t.field({
        type: ledgerTypes.LedgerEntry,
        description: 'The entry that paid for it.',
        select: { entryId: true },
        resolve: ({ entryId }) => ledger.entry(String(entryId)),
      }),
    }),
  })

  const success = builder.objectRef<PostedContent>('PostedContent').implement({
    description: 'A content and the entry that was posted with it.',
    fields: (t) => ({
      content: t.expose('content', { type: Content, nullable: false, description: 'The content as it is.' }),
      entry: t.expose('entry', {
        type: ledgerTypes.LedgerEntry,
        access: { action: 'open' },
        nullable: false,
        description: 'What was posted.',
      }),
      balance: t.expose('balance', {
        type: ledgerTypes.LedgerBalance,
        access: { action: 'open' },
        nullable: false,
        description: "The owner's balance after it.",
      }),
      replayed: t.exposeBoolean('replayed', {
        nullable: false,
        description: 'Whether this request was posted before: nothing was posted now.',
      }),
    }),
  })

  builder.queryFields((t) => ({
    content: t.prismaField({
      type: Content,
      nullable: true,
      description: 'The content with this id, or null.',
      args: { id: t.arg.id({ required: true, description: 'The id of the content.' }) },
      access: { action: 'open', owner: 'any' },
      resolve: (query, _root, { id }) =>
        prisma.content.findFirst({ ...query, where: { id: contentIdOf(id) ?? 0 } }),
    }),
    contents: t.prismaField({
      type: [Content],
      nullable: false,
      description: `An owner's contents, newest first: ${limits.defaultPageSize}, or as many as \`first\` says, up to ${limits.pageSize}.`,
      args: {
        ownerId: t.arg.string({ required: true, description: 'Who published them.' }),
        first: t.arg.int({
          description: `How many, 1 to ${limits.pageSize}; left out: ${limits.defaultPageSize}.`,
        }),
        after: t.arg.id({ description: 'The id of the last content read.' }),
      },
      access: { action: 'open', owner: 'any' },
      resolve: (query, _root, args) => prisma.content.findMany({ ...query, ...contentsOf(args) }),
    }),
  }))

  const nonce = {
    required: true,
    description: `Your idempotency key, 1 to ${limits.idCharacters} characters: sent again with it, nothing is posted twice.`,
  } as const
  const CreateContentInput = builder.inputType('CreateContentInput', {
    description: 'A content to publish.',
    fields: (t) => ({
      ownerId: t.string({ required: true, description: 'Who publishes it, and pays.' }),
      title: t.string({ required: true, description: '1 to 200 characters.' }),
      body: t.string({ required: true, description: '1 to 100,000 characters.' }),
      nonce: t.string(nonce),
    }),
  })
  const AccessContentInput = builder.inputType('AccessContentInput', {
    description: 'An access to record.',
    fields: (t) => ({
      contentId: t.id({ required: true, description: 'The id of the content.' }),
      ownerId: t.string({ required: true, description: 'Who accesses it.' }),
      nonce: t.string(nonce),
    }),
  })

  const FeatureContentInput = builder.inputType('FeatureContentInput', {
    description: 'A content to feature.',
    fields: (t) => ({
      contentId: t.id({ required: true, description: 'The id of the content.' }),
      nonce: t.string(nonce),
    }),
  })

  builder.mutationFields((t) => ({
    createContent: t.field({
      type: success,
      nullable: false,
      description: 'Publishes a content for the price of CONTENT_CREATION.',
      errors: {
        types: [...errorsOf(ledger.postEntry)],
        directResult: true,
        union: { name: 'CreateContentResult', description: 'What `createContent` answers.' },
      },
      args: { input: t.arg({ type: CreateContentInput, required: true, description: 'What to publish.' }) },
      access: { action: 'act', owner: ({ input }) => input.ownerId },
      resolve: (_root, { input }) => contents.create(input),
    }),
    accessContent: t.field({
      type: success,
      nullable: false,
      description: 'Records an access to a content by CONTENT_ACCESS.',
      errors: {
        types: [...errorsOf(ledger.postEntry), ContentNotFoundError],
        directResult: true,
        union: { name: 'AccessContentResult', description: 'What `accessContent` answers.' },
      },
      args: {
        input: t.arg({
          type: AccessContentInput,
          required: true,
          description: 'What is accessed, and by whom.',
        }),
      },
      access: { action: 'act', owner: ({ input }) => input.ownerId },
      resolve: (_root, { input }) => contents.access({ ...input, contentId: String(input.contentId) }),
    }),
    featureContent: t.field({
      type: success,
      nullable: false,
      description: "Features a content, and rewards its author by CONTENT_FEATURE: an editor's right.",
      errors: {
        types: [...errorsOf(ledger.postEntry), ContentNotFoundError],
        directResult: true,
        union: { name: 'FeatureContentResult', description: 'What `featureContent` answers.' },
      },
      args: { input: t.arg({ type: FeatureContentInput, required: true, description: 'What is featured.' }) },
      access: { action: 'admin', owner: 'any' },
      resolve: (_root, { input }) => contents.feature({ ...input, contentId: String(input.contentId) }),
    }),
  }))

  return builder.toSchema({ sortSchema: false })
}
