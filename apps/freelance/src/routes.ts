import { defineRoute, restBalances, restEntry, restTransaction, shapes } from '@shared-ledger/rest'
import { z } from 'zod'
import {
  RestCreateProjectDocument,
  RestGrantGoodwillDocument,
  RestPayProjectDocument,
  type RestProjectFragment,
} from './generated/documents.ts'
import { problems } from './problems.ts'

const price = z.int().meta({ description: 'Credits, from 1.', examples: [50] })

const project = z
  .object({
    id: z.int().meta({ examples: [1] }),
    client_id: shapes.ownerId,
    freelancer_id: shapes.ownerId,
    title: z.string(),
    price,
    created_on: shapes.createdOn,
    paid_on: shapes.createdOn.nullable().meta({ description: 'null: not paid yet.' }),
  })
  .meta({ id: 'Project' })

function restProject(data: RestProjectFragment): z.input<typeof project> {
  const { id, clientId, freelancerId, createdOn, paidOn, ...rest } = data
  return {
    ...rest,
    id: Number(id),
    client_id: clientId,
    freelancer_id: freelancerId,
    created_on: createdOn,
    paid_on: paidOn,
  }
}

const paid = z
  .object({ project, transaction: shapes.transaction, balances: shapes.balances })
  .meta({ id: 'PaidProject' })

const granted = z
  .object({ project, entry: shapes.entry, balance: shapes.balance })
  .meta({ id: 'GrantedGoodwill' })

/** The freelance app's REST routes, beside the ledger's. */
export const routes = [
  defineRoute({
    method: 'post',
    path: '/projects',
    operationId: 'createProject',
    summary: 'Agree a project between a client and a freelancer',
    description: 'Posts nothing.',
    request: {
      body: z.object({
        client_id: shapes.ownerId,
        freelancer_id: shapes.ownerId.meta({ examples: ['other_user'] }),
        title: z.string().meta({ examples: ['A logo'] }),
        price,
      }),
    },
    document: RestCreateProjectDocument,
    variables: ({ body: { client_id: clientId, freelancer_id: freelancerId, title, price } }) => ({
      input: { clientId, freelancerId, title, price },
    }),
    success: { status: 201, description: 'Agreed.', body: z.object({ project }) },
    answer: (project) => ({ project: restProject(project) }),
  }),
  defineRoute({
    method: 'post',
    path: '/projects/{project_id}/pay',
    operationId: 'payProject',
    summary: 'Pay a project: its price goes from the client to the freelancer',
    description: 'Sent again with the same nonce, it answers the same payment and charges nothing.',
    request: {
      params: z.object({ project_id: z.string().meta({ examples: ['1'] }) }),
      body: z.object({ nonce: shapes.nonce }),
    },
    document: RestPayProjectDocument,
    variables: ({ params, body: { nonce } }) => ({ input: { projectId: params.project_id, nonce } }),
    success: { status: 200, description: 'Paid.', body: paid },
    answer: ({ project, transaction, balances }) => ({
      project: restProject(project),
      transaction: restTransaction(transaction),
      balances: restBalances(balances),
    }),
    replayed: ({ replayed }) => replayed,
    problems,
  }),
  defineRoute({
    method: 'post',
    path: '/projects/{project_id}/goodwill',
    operationId: 'grantGoodwill',
    summary: 'Give the client of a project credits by PROJECT_GOODWILL',
    description:
      'Needs the scopes post and correct. Sent again as it was, it answers the same entry and gives nothing more.',
    request: {
      params: z.object({ project_id: z.string().meta({ examples: ['1'] }) }),
      body: z.object({
        amount: z.int().meta({ description: 'Credits, 1 to 100.', examples: [5] }),
        nonce: shapes.nonce,
      }),
    },
    document: RestGrantGoodwillDocument,
    variables: ({ params, body: { amount, nonce } }) => ({
      input: { projectId: params.project_id, amount, nonce },
    }),
    success: { status: 200, description: 'Given.', body: granted },
    answer: ({ project, entry, balance }) => ({
      project: restProject(project),
      entry: restEntry(entry),
      balance: balance.amount,
    }),
    replayed: ({ replayed }) => replayed,
    problems,
  }),
]
