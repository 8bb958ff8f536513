import {
  defineMutationRoute,
  restPostedEntry,
  restPostedTransaction,
  rowReader,
  shapes,
} from '@shared-ledger/rest'
import { z } from 'zod'
import {
  RestCreateProjectDocument,
  RestGrantGoodwillDocument,
  RestPayProjectDocument,
} from './generated/documents.ts'
import { grantGoodwillInput } from './goodwill.ts'
import { payProjectInput } from './payments.ts'
import { createProjectInput } from './projects.ts'

const project = z
  .object({
    id: z.int().meta({ examples: [1] }),
    client_id: shapes.ownerId,
    freelancer_id: shapes.ownerId,
    title: z.string(),
    price: z.int().meta({ description: 'Credits, from 1.', examples: [50] }),
    created_on: shapes.createdOn,
    paid_on: shapes.createdOn.nullable().meta({ description: 'null: not paid yet.' }),
  })
  .meta({ id: 'Project' })

const restProject = rowReader(project)

const paid = z.object({ project, ...shapes.postedTransaction }).meta({ id: 'PaidProject' })

const granted = z.object({ project, ...shapes.postedEntry }).meta({ id: 'GrantedGoodwill' })

/** The freelance app's own REST routes. */
export const routes = [
  defineMutationRoute({
    path: '/projects',
    summary: 'Agree a project between a client and a freelancer',
    description: 'Posts nothing.',
    input: createProjectInput,
    document: RestCreateProjectDocument,
    success: { status: 201, description: 'Agreed.', body: z.object({ project }) },
    answer: (project) => ({ project: restProject(project) }),
  }),
  defineMutationRoute({
    path: '/projects/{project_id}/pay',
    summary: 'Pay a project: its price goes from the client to the freelancer',
    description: 'The same request again returns the same payment and charges nothing.',
    input: payProjectInput,
    document: RestPayProjectDocument,
    success: { status: 200, description: 'Paid.', body: paid },
    answer: ({ project, ...posted }) => ({
      project: restProject(project),
      ...restPostedTransaction(posted),
    }),
  }),
  defineMutationRoute({
    path: '/projects/{project_id}/goodwill',
    summary: 'Give the client of a project credits by PROJECT_GOODWILL',
    description:
      'Needs the scopes post and correct. The same request again returns the same entry and gives nothing more.',
    input: grantGoodwillInput,
    document: RestGrantGoodwillDocument,
    success: { status: 200, description: 'Given.', body: granted },
    answer: ({ project, ...posted }) => ({ project: restProject(project), ...restPostedEntry(posted) }),
  }),
]
