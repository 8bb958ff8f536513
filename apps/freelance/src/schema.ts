import SchemaBuilder from '@pothos/core'
import PrismaPlugin from '@pothos/plugin-prisma'
import { type Ledger, ValidationError } from '@shared-ledger/ledger'
import { type LedgerScalars, ledgerPlugins } from '@shared-ledger/plugin-ledger'
import type { GraphQLSchema } from 'graphql'
import { getDatamodel, type default as PrismaTypes } from './generated/pothos.ts'
import type { PrismaClient } from './generated/prisma/client.ts'
import type { operations } from './operations.ts'
import { createProject, findProject } from './projects.ts'

/** The freelance app's graph: the ledger's, and its own projects. */
export function createSchema(ledger: Ledger<typeof operations>, prisma: PrismaClient): GraphQLSchema {
  const builder = new SchemaBuilder<{ PrismaTypes: PrismaTypes; Scalars: LedgerScalars }>({
    plugins: [...ledgerPlugins, PrismaPlugin],
    prisma: { client: prisma, dmmf: getDatamodel() },
    relay: {},
  })
  builder.queryType()
  builder.mutationType()
  builder.addLedger(ledger)

  const Project = builder.prismaObject('Project', {
    description: 'What a client buys from a freelancer.',
    fields: (t) => ({
      id: t.exposeID('id', { nullable: false }),
      clientId: t.exposeString('clientId', { nullable: false }),
      freelancerId: t.exposeString('freelancerId', { nullable: false }),
      title: t.exposeString('title', { nullable: false }),
      price: t.field({
        type: 'SafeInt',
        nullable: false,
        description: 'Credits.',
        select: { price: true },
        resolve: ({ price }) => Number(price),
      }),
      createdOn: t.expose('createdOn', { type: 'DateTime', nullable: false }),
    }),
  })

  builder.queryField('project', (t) =>
    t.prismaField({
      type: Project,
      nullable: true,
      description: 'The project with this id, or null.',
      args: { id: t.arg.id({ required: true }) },
      resolve: (query, _root, { id }) => findProject(prisma, id, query),
    }),
  )

  const CreateProjectInput = builder.inputType('CreateProjectInput', {
    fields: (t) => ({
      clientId: t.string({ required: true, description: 'Who pays.' }),
      freelancerId: t.string({ required: true, description: 'Who is paid.' }),
      title: t.string({ required: true, description: '1 to 200 characters.' }),
      price: t.field({ type: 'SafeInt', required: true, description: 'Credits, from 1.' }),
    }),
  })

  builder.mutationField('createProject', (t) =>
    t.field({
      type: Project,
      nullable: false,
      description: 'Agrees a project between a client and a freelancer. Posts nothing.',
      errors: { types: [ValidationError], directResult: true, union: { name: 'CreateProjectResult' } },
      args: { input: t.arg({ type: CreateProjectInput, required: true }) },
      resolve: (_root, { input }) => createProject(prisma, input),
    }),
  )

  return builder.toSchema({ sortSchema: false })
}
