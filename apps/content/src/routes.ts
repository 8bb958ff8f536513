import { defineMutationRoute, restPostedEntry, rowReader, shapes } from '@shared-ledger/rest'
import { z } from 'zod'
import { accessContentInput, createContentInput, featureContentInput } from './contents.ts'
import {
  RestAccessContentDocument,
  RestCreateContentDocument,
  RestFeatureContentDocument,
  type RestPostedContentFragment,
} from './generated/documents.ts'

const content = z
  .object({
    id: z.int().meta({ examples: [1] }),
    owner_id: shapes.ownerId,
    title: z.string(),
    body: z.string(),
    created_on: shapes.createdOn,
  })
  .meta({ id: 'Content' })
const restContent = rowReader(content)

const posted = z.object({ content, ...shapes.postedEntry }).meta({ id: 'PostedContent' })

const answer = ({ content, ...entry }: RestPostedContentFragment) => ({
  content: restContent(content),
  ...restPostedEntry(entry),
})

/** The content app's own REST routes. */
export const routes = [
  defineMutationRoute({
    path: '/content',
    summary: 'Publish a content for the price of CONTENT_CREATION',
    description: 'The same request again returns the same content and charges nothing.',
    input: createContentInput,
    document: RestCreateContentDocument,
    success: { status: 201, description: 'Published.', body: posted },
    answer,
  }),
  defineMutationRoute({
    path: '/content/{content_id}/access',
    summary: 'Record an access to a content by CONTENT_ACCESS',
    description: 'Free, but on record. The same request again returns the same access.',
    input: accessContentInput,
    document: RestAccessContentDocument,
    success: { status: 200, description: 'Recorded.', body: posted },
    answer,
  }),
  defineMutationRoute({
    path: '/content/{content_id}/feature',
    summary: 'Feature a content: its author gets CONTENT_FEATURE',
    description:
      'Needs the scope admin. The same request again returns the same entry and gives nothing more.',
    input: featureContentInput,
    document: RestFeatureContentDocument,
    success: { status: 200, description: 'Featured.', body: posted },
    answer,
  }),
]
