import SchemaBuilder from '@pothos/core'
import PrismaPlugin from '@pothos/plugin-prisma'
import { errorsOf, limits, ValidationError } from '@shared-ledger/ledger'
import { type LedgerScalars, ledgerPlugins, relayOptions } from '@shared-ledger/plugin-ledger'
import type { GraphQLSchema } from 'graphql'
import { getDatamodel, type default as PrismaTypes } from './generated/pothos.ts'
import type { PrismaClient } from './generated/prisma/client.ts'
import { type Goodwill, grantGoodwill } from './goodwill.ts'
import { operations } from './operations.ts'
import { type FreelanceLedger, type PaidProject, ProjectPaidError, payProject } from './payments.ts'
import { problems } from './problems.ts'
import { createProject, findProject, ProjectNotFoundError } from './projects.ts'

/** The freelance app's graph: the ledger's, and its own projects. */
export function createSchema(ledger: FreelanceLedger, prisma: PrismaClient): GraphQLSchema {
  const builder = new SchemaBuilder<{ PrismaTypes: PrismaTypes; Scalars: LedgerScalars }>({
    plugins: [...ledgerPlugins, PrismaPlugin],
    prisma: { client: prisma, dmmf: getDatamodel() },
    relay: relayOptions,
  })
  builder.queryType()
  builder.mutationType()
  builder.subscriptionType()
  const ledgerTypes = builder.addLedger(ledger)
  const interfaces = [ledgerTypes.Error]

  builder.objectType(ProjectNotFoundError, {
    name: 'ProjectNotFoundError',
    description: problems.PROJECT_NOT_FOUND.meaning,
    interfaces,
  })
  builder.objectType(ProjectPaidError, {
    name: 'ProjectPaidError',
    description: problems.PROJECT_PAID.meaning,
    interfaces,
  })

  const Project = builder.prismaObject('Project', {
    description: 'What a client buys from a freelancer.',
    fields: (t) => ({
      id: t.exposeID('id', { nullable: false, description: 'Given when it is agreed.' }),
      clientId: t.exposeString('clientId', { nullable: false, description: 'The owner who pays.' }),
      freelancerId: t.exposeString('freelancerId', {
        nullable: false,
        description: 'The owner who is paid.',
      }),
      title: t.exposeString('title', { nullable: false, description: '1 to 200 characters.' }),
      price: t.field({
        type: 'SafeInt',
        nullable: false,
        description: 'Credits, from 1.',
        select: { price: true },
        resolve: ({ price }) => Number(price),
      }),
      createdOn: t.expose('createdOn', {
        type: 'DateTime',
        nullable: false,
        description: 'When it was agreed.',
      }),
      paidOn: t.expose('paidOn', {
        type: 'DateTime',
        nullable: true,
        description: 'When it was paid; null: not yet.',
      }),
      transaction: t.field({
        type: ledgerTypes.LedgerTransaction,
        nullable: true,
        description: 'The transaction that paid it; null: none yet.',
        select: { transactionId: true },
        resolve: ({ transactionId }) => (transactionId === null ? null : ledger.transaction(transactionId)),
      }),
    }),
  })

  const success = builder.objectRef<PaidProject>('PaidProject').implement({
    description: 'A project and the transaction that paid it.',
    fields: (t) => ({
      project: t.expose('project', { type: Project, nullable: false, description: 'The project as it is.' }),
      transaction: t.expose('transaction', {
        type: ledgerTypes.LedgerTransaction,
        access: { action: 'open' },
        nullable: false,
        description: 'The payment.',
      }),
      balances: t.field({
        type: [ledgerTypes.LedgerBalance],
        access: { action: 'open' },
        nullable: false,
        description: "The client's, then the freelancer's.",
        resolve: ({ balances }) => [...balances],
      }),
      replayed: t.exposeBoolean('replayed', {
        nullable: false,
        description: 'Whether this request was posted before: nothing was posted now.',
      }),
    }),
  })

  const granted = builder.objectRef<Goodwill>('GrantedGoodwill').implement({
    description: 'A project and what its client was given for it.',
    fields: (t) => ({
      project: t.expose('project', { type: Project, nullable: false, description: 'The project as it is.' }),
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
        description: "The client's balance after it.",
      }),
      replayed: t.exposeBoolean('replayed', {
        nullable: false,
        description: 'Whether this request was posted before: nothing was posted now.',
      }),
    }),
  })

  builder.queryField('project', (t) =>
    t.prismaField({
      type: Project,
      nullable: true,
      description: 'The project with this id, or null.',
      args: { id: t.arg.id({ required: true, description: 'The id of the project.' }) },
      access: {
        action: 'read',
        owner: { found: ({ clientId, freelancerId }) => [clientId, freelancerId] },
      },
      resolve: (query, _root, { id }) => findProject(prisma, id, query),
    }),
  )

  const CreateProjectInput = builder.inputType('CreateProjectInput', {
    description: 'A project to agree.',
    fields: (t) => ({
      clientId: t.string({ required: true, description: 'The owner who pays.' }),
      freelancerId: t.string({ required: true, description: 'The owner who is paid.' }),
      title: t.string({ required: true, description: '1 to 200 characters.' }),
      price: t.field({ type: 'SafeInt', required: true, description: 'Credits, from 1.' }),
    }),
  })

  const GrantGoodwillInput = builder.inputType('GrantGoodwillInput', {
    description: 'Credits to give to the client of a project.',
    fields: (t) => ({
      projectId: t.id({ required: true, description: 'The id of the project.' }),
      amount: t.field({ type: 'SafeInt', required: true, description: 'Credits, 1 to 100.' }),
      nonce: t.string({
        required: true,
        description: `Your idempotency key, 1 to ${limits.idCharacters} characters: sent again with it, nothing is given twice.`,
      }),
    }),
  })

  const PayProjectInput = builder.inputType('PayProjectInput', {
    description: 'A project to pay.',
    fields: (t) => ({
      projectId: t.id({ required: true, description: 'The id of the project.' }),
      nonce: t.string({
        required: true,
        description: `Your idempotency key, 1 to ${limits.idCharacters} characters: sent again with it, nothing is paid twice.`,
      }),
    }),
  })

  builder.mutationFields((t) => ({
    createProject: t.field({
      type: Project,
      nullable: false,
      description: 'Agrees a project between a client and a freelancer. Posts nothing.',
      errors: {
        types: [ValidationError],
        directResult: true,
        union: { name: 'CreateProjectResult', description: 'What `createProject` answers.' },
      },
      args: { input: t.arg({ type: CreateProjectInput, required: true, description: 'What is agreed.' }) },
      access: { action: 'post', owner: 'any' },
      resolve: (_root, { input }) => createProject(prisma, input),
    }),
    payProject: t.field({
      type: success,
      nullable: false,
      description: 'Pays a project, once: its price goes from the client to the freelancer.',
      errors: {
        types: [...errorsOf(ledger.postTransaction), ProjectNotFoundError, ProjectPaidError],
        directResult: true,
        union: { name: 'PayProjectResult', description: 'What `payProject` answers.' },
      },
      args: { input: t.arg({ type: PayProjectInput, required: true, description: 'What is paid.' }) },
      access: { action: 'post', owner: 'any' },
      resolve: (_root, { input: { projectId, nonce } }) =>
        payProject({ ledger, prisma }, { projectId: String(projectId), nonce }),
    }),
    grantGoodwill: t.field({
      type: granted,
      nullable: false,
      description: 'Gives the client of a project credits by PROJECT_GOODWILL.',
      errors: {
        types: [...errorsOf(ledger.postEntry), ProjectNotFoundError],
        directResult: true,
        union: { name: 'GrantGoodwillResult', description: 'What `grantGoodwill` answers.' },
      },
      args: { input: t.arg({ type: GrantGoodwillInput, required: true, description: 'What is given.' }) },
      access: { action: 'post', owner: 'any', scopes: () => [operations.PROJECT_GOODWILL.scope] },
      resolve: (_root, { input }) =>
        grantGoodwill({ ledger, prisma }, { ...input, projectId: String(input.projectId) }),
    }),
  }))

  return builder.toSchema({ sortSchema: false })
}
