import SchemaBuilder from '@pothos/core'
import PrismaPlugin from '@pothos/plugin-prisma'
import { errorsOf, limits, rowIdOf, rowsOfOwner } from '@shared-ledger/ledger'
import {
  type LedgerScalars,
  ledgerPlugins,
  ownerRowsArgs,
  postedFields,
  relayOptions,
} from '@shared-ledger/plugin-ledger'
import type { GraphQLSchema } from 'graphql'
import {
  accessContentInput,
  type ContentLedger,
  ContentNotFoundError,
  createContentInput,
  createContents,
  featureContentInput,
  type PostedContent,
} from './contents.ts'
import { getDatamodel, type default as PrismaTypes } from './generated/pothos.ts'
import type { PrismaClient } from './generated/prisma/client.ts'

/** Builds the content app's graph: the ledger's, and its own contents. */
export function createSchema(ledger: ContentLedger, prisma: PrismaClient): GraphQLSchema {
  const contents = createContents(ledger, prisma)
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
  const ledgerTypes = builder.addLedger(ledger, { refusals: [ContentNotFoundError] })

  const Content = builder.prismaObject('Content', {
    description: 'A text that an owner has published.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'Given when it is published.' }),
      ownerId: t.exposeString('ownerId', { description: 'Who published it, and paid.' }),
      title: t.exposeString('title', { description: '1 to 200 characters.' }),
      body: t.exposeString('body', { description: '1 to 100,000 characters.' }),
      createdOn: t.expose('createdOn', { type: 'DateTime', description: 'When it was published.' }),
      accessCount: t.relationCount('accesses', { description: 'How often it was accessed.' }),
      entry: t.field({
        type: ledgerTypes.LedgerEntry,
        nullable: true,
        description: 'The entry that paid for it.',
        select: { entryId: true },
        resolve: ({ entryId }) => ledger.entry(String(entryId)),
      }),
    }),
  })

  const Posted = builder.objectRef<PostedContent>('PostedContent').implement({
    description: 'A content and the entry that was posted with it.',
    fields: (t) => ({
      content: t.expose('content', { type: Content, description: 'The content.' }),
      ...postedFields(t, ledgerTypes, ['entry', 'balance', 'replayed']),
    }),
  })

  builder.queryFields((t) => ({
    content: t.prismaField({
      type: Content,
      nullable: true,
      description: 'The content with this id, or null.',
      args: { id: t.arg.id({ required: true, description: 'The id of the content.' }) },
      access: { action: 'open', owner: 'any' },
      resolve: (query, _root, { id }) => prisma.content.findUnique({ ...query, where: { id: rowIdOf(id) } }),
    }),
    contents: t.prismaField({
      type: [Content],
      description: `An owner's contents, newest first: ${limits.defaultPageSize}, or as many as \`first\` says, up to ${limits.pageSize}.`,
      args: ownerRowsArgs(t.arg),
      access: { action: 'open', owner: 'any' },
      resolve: (query, _root, args) => prisma.content.findMany({ ...query, ...rowsOfOwner(args) }),
    }),
  }))

  builder.addMutation('createContent', {
    description: 'Publishes a content for the price of CONTENT_CREATION.',
    input: createContentInput,
    type: Posted,
    refusals: errorsOf(ledger.postEntry),
    access: { action: 'act', owner: ({ input }) => input.ownerId },
    resolve: contents.create,
  })
  builder.addMutation('accessContent', {
    description: 'Records an access to a content by CONTENT_ACCESS.',
    input: accessContentInput,
    type: Posted,
    refusals: [...errorsOf(ledger.postEntry), ContentNotFoundError],
    access: { action: 'act', owner: ({ input }) => input.ownerId },
    resolve: contents.access,
  })
  builder.addMutation('featureContent', {
    description: "Features a content, and rewards its author by CONTENT_FEATURE: an editor's right.",
    input: featureContentInput,
    type: Posted,
    refusals: [...errorsOf(ledger.postEntry), ContentNotFoundError],
    access: { action: 'admin', owner: 'any' },
    resolve: contents.feature,
  })

  return builder.toSchema({ sortSchema: false })
}
