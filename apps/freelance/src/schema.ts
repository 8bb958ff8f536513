import SchemaBuilder from '@pothos/core'
import PrismaPlugin from '@pothos/plugin-prisma'
import { errorsOf, rowIdOf } from '@shared-ledger/ledger'
import { type LedgerScalars, ledgerPlugins, postedFields, relayOptions } from '@shared-ledger/plugin-ledger'
import { getDatamodel, type default as PrismaTypes } from './generated/pothos.ts'
import type { PrismaClient } from './generated/prisma/client.ts'
import { type Goodwill, grantGoodwill, grantGoodwillInput } from './goodwill.ts'
import { operations } from './operations.ts'
import {
  type FreelanceLedger,
  type PaidProject,
  ProjectPaidError,
  payProject,
  payProjectInput,
} from './payments.ts'
import { createProject, createProjectInput, ProjectNotFoundError } from './projects.ts'

/** Builds the freelance app's graph: the ledger's, and its own projects. */
export function createSchema(ledger: FreelanceLedger, prisma: PrismaClient) {
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
  const ledgerTypes = builder.addLedger(ledger, { refusals: [ProjectNotFoundError, ProjectPaidError] })

  const Project = builder.prismaObject('Project', {
    description: 'What a client buys from a freelancer.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'Given when it is agreed.' }),
      clientId: t.exposeString('clientId', { description: 'The owner who pays.' }),
      freelancerId: t.exposeString('freelancerId', { description: 'The owner who is paid.' }),
      title: t.exposeString('title', { description: '1 to 200 characters.' }),
      price: t.expose('price', { type: 'SafeInt', description: 'Credits, from 1.' }),
      createdOn: t.expose('createdOn', { type: 'DateTime', description: 'When it was agreed.' }),
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

  const Paid = builder.objectRef<PaidProject>('PaidProject').implement({
    description: 'A project and the transaction that paid it.',
    fields: (t) => ({
      project: t.expose('row', { type: Project, description: 'The project in its present state.' }),
      ...postedFields(t, ledgerTypes, ['transaction', 'balances', 'replayed']),
    }),
  })

  const Granted = builder.objectRef<Goodwill>('GrantedGoodwill').implement({
    description: 'A project and what its client was given for it.',
    fields: (t) => ({
      project: t.expose('project', { type: Project, description: 'The project in its present state.' }),
      ...postedFields(t, ledgerTypes, ['entry', 'balance', 'replayed']),
    }),
  })

  builder.queryField('project', (t) =>
    t.prismaField({
      type: Project,
      nullable: true,
      description: 'The project with this id, or null.',
      args: { id: t.arg.id({ required: true, description: 'The id of the project.' }) },
      access: { action: 'read', owner: { found: ({ clientId, freelancerId }) => [clientId, freelancerId] } },
      resolve: (query, _root, { id }) => prisma.project.findUnique({ ...query, where: { id: rowIdOf(id) } }),
    }),
  )

  builder.addMutation('createProject', {
    description: 'Agrees a project between a client and a freelancer. Posts nothing.',
    input: createProjectInput,
    type: Project,
    access: { action: 'post', owner: 'any' },
    resolve: (input) => createProject(prisma, input),
  })
  builder.addMutation('payProject', {
    description: 'Pays a project, once: its price goes from the client to the freelancer.',
    input: payProjectInput,
    type: Paid,
    refusals: [...errorsOf(ledger.postTransaction), ProjectNotFoundError, ProjectPaidError],
    access: { action: 'post', owner: 'any' },
    resolve: (input) => payProject({ ledger, prisma }, input),
  })
  builder.addMutation('grantGoodwill', {
    description: 'Gives the client of a project credits by PROJECT_GOODWILL.',
    input: grantGoodwillInput,
    type: Granted,
    refusals: [...errorsOf(ledger.postEntry), ProjectNotFoundError],
    access: { action: 'post', owner: 'any', scopes: () => [operations.PROJECT_GOODWILL.scope] },
    resolve: (input) => grantGoodwill({ ledger, prisma }, input),
  })

  return builder.toSchema({ sortSchema: false })
}
