import { defineRoute, restEntry, shapes } from '@shared-ledger/rest'
import { z } from 'zod'
import {
  RestAccessContentDocument,
  RestCreateContentDocument,
  RestFeatureContentDocument,
  type RestPostedContentFragment,
} from './generated/documents.ts'
import { problems } from './problems.ts'

const content = z
  .object({
    id: z.int().meta({ examples: [1] }),
    owner_id: shapes.ownerId,
    title: z.string(),
    body: z.string(),
    created_on: shapes.createdOn,
  })
  .meta({ id: 'Content' })

const posted = z
  .object({ content, entry: shapes.entry, balance: shapes.balance })
  .meta({ id: 'PostedContent' })

function toPosted({ content, entry, balance }: RestPostedContentFragment): z.input<typeof posted> {
  const { id, ownerId, title, body, createdOn } = content
  return {
    content: { id: Number(id), owner_id: ownerId, title, body, created_on: createdOn },
    entry: restEntry(entry),
    balance: balance.amount,
  }
}

/** The content app's REST routes, beside the ledger's. */
export const routes = [
  defineRoute({
    method: 'post',
    path: '/content',
    operationId: 'createContent',
    summary: 'Publish a content for the price of CONTENT_CREATION',
    description: 'Sent again as it was, it answers the same content and charges nothing.',
    request: {
      body: z.object({
        owner_id: shapes.ownerId,
        title: z.string().meta({ examples: ['On ledgers'] }),
        body: z.string().meta({ examples: ['Every entry stays.'] }),
        nonce: shapes.nonce,
      }),
    },
    document: RestCreateContentDocument,
    variables: ({ body: { owner_id: ownerId, title, body, nonce } }) => ({
      input: { ownerId, title, body, nonce },
    }),
    success: { status: 201, description: 'Published.', body: posted },
    answer: toPosted,
    replayed: ({ replayed }) => replayed,
  }),
  defineRoute({
    method: 'post',
    path: '/content/{content_id}/access',
    operationId: 'accessContent',
    summary: 'Record an access to a content by CONTENT_ACCESS',
    description: 'Free, but on record. Sent again as it was, it answers the same access.',
    request: {
      params: z.object({ content_id: z.string().meta({ examples: ['1'] }) }),
      body: z.object({ owner_id: shapes.ownerId, nonce: shapes.nonce }),
    },
    document: RestAccessContentDocument,
    variables: ({ params, body: { owner_id: ownerId, nonce } }) => ({
      input: { contentId: params.content_id, ownerId, nonce },
    }),
    success: { status: 200, description: 'Recorded.', body: posted },
    answer: toPosted,
    replayed: ({ replayed }) => replayed,
    problems,
  }),
  defineRoute({
    method: 'post',
    path: '/content/{content_id}/feature',
    operationId: 'featureContent',
    summary: 'Feature a content: its author gets CONTENT_FEATURE',
    description:
      'Needs the scope admin. Sent again as it was, it answers the same entry and gives nothing more.',
    request: {
      params: z.object({ content_id: z.string().meta({ examples: ['1'] }) }),
      body: z.object({ nonce: shapes.nonce }),
    },
    document: RestFeatureContentDocument,
    variables: ({ params, body: { nonce } }) => ({ input: { contentId: params.content_id, nonce } }),
    success: { status: 200, description: 'Featured.', body: posted },
    answer: toPosted,
    replayed: ({ replayed }) => replayed,
    problems,
  }),
]
