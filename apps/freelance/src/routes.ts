import { dateTimeData, defineRoute, shapes } from '@shared-ledger/rest'
import { z } from 'zod'

const price = z.int().meta({ description: 'Credits, from 1.', examples: [50] })

const project = z
  .object({
    id: z.int().meta({ examples: [1] }),
    client_id: shapes.ownerId,
    freelancer_id: shapes.ownerId,
    title: z.string(),
    price,
    created_on: shapes.createdOn,
  })
  .meta({ id: 'Project' })

/** The freelance app's REST routes, beside the ledger's. */
export const routes = [
  defineRoute({
    method: 'post',
    path: '/projects',
    summary: 'Agree a project between a client and a freelancer',
    description: 'Posts nothing.',
    request: {
      body: z.object({ client_id: shapes.ownerId, freelancer_id: shapes.ownerId, title: z.string(), price }),
    },
    document: `mutation RestCreateProject($input: CreateProjectInput!) {
      createProject(input: $input) {
        ... on Project { id clientId freelancerId title price createdOn }
        ...RestRefusal
      }
    }`,
    variables: ({ body: { client_id: clientId, freelancer_id: freelancerId, title, price } }) => ({
      input: { clientId, freelancerId, title, price },
    }),
    data: z.object({
      createProject: z.object({
        id: z.string(),
        clientId: z.string(),
        freelancerId: z.string(),
        title: z.string(),
        price: z.number(),
        createdOn: dateTimeData,
      }),
    }),
    success: { status: 201, description: 'Agreed.', body: z.object({ project }) },
    answer: ({ createProject: { id, clientId, freelancerId, createdOn, ...rest } }) => ({
      project: {
        ...rest,
        id: Number(id),
        client_id: clientId,
        freelancer_id: freelancerId,
        created_on: createdOn,
      },
    }),
  }),
]
