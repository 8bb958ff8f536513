import { z } from 'zod'
import { type Contract, checkOperation, createDirections } from './contract.ts'
import { balanceData, entryData, restEntry } from './graph.ts'
import { defineRoute, type Route } from './route.ts'
import * as shapes from './shapes.ts'

const postedBody = z.object({ entry: shapes.entry, balance: shapes.balance }).meta({ id: 'PostedEntry' })
const balanceBody = z.object({ owner_id: shapes.ownerId, balance: shapes.balance }).meta({ id: 'Balance' })
const entriesBody = z
  .object({
    entries: z.array(shapes.entry),
    next: z.string().nullable().meta({ description: 'The `after` of the next page; null on the last.' }),
  })
  .meta({ id: 'EntryPage' })

/** The routes that every app has, one row each. */
export function ledgerRoutes(contract: Contract): readonly Route[] {
  return [
    postRoute(contract, '/ledger'),
    postRoute(contract, '/ledger/'),
    balanceRoute('/ledger/{owner_id}'),
    balanceRoute('/balance/{owner_id}'),
    entriesRoute(contract),
  ]
}

function postRoute(contract: Contract, path: '/ledger' | '/ledger/'): Route {
  const directions = createDirections()
  return defineRoute({
    method: 'post',
    path,
    summary: 'Post one entry to an owner’s account',
    description:
      'The nonce makes the request safe to repeat: sent as `nonce`, every repetition is refused with 409 and the ' +
      'original; sent as the header Idempotency-Key, an identical repetition is answered with the original.',
    request: {
      body: z.object({
        owner_id: shapes.ownerId,
        operation: shapes.operation,
        nonce: shapes.nonce,
        amount: shapes.amount.nullish(),
        metadata: shapes.metadata.nullish(),
      }),
    },
    document: `mutation RestPostLedgerEntry($input: PostLedgerEntryInput!) {
      postLedgerEntry(input: $input) {
        ... on PostLedgerEntrySuccess { entry { ...RestEntry } balance { amount } }
        ...RestRefusal
      }
    }`,
    async variables({ body: { owner_id: ownerId, operation, nonce, amount, metadata } }, run) {
      checkOperation(contract, operation)
      // Older clients send the sign too; one that disagrees goes on to the graph, which refuses it.
      const agrees = amount != null && amount < 0 && (await directions(run)).get(operation) === 'OUT'
      return { input: { ownerId, operation, nonce, amount: agrees ? -amount : amount, metadata } }
    },
    data: z.object({ postLedgerEntry: z.object({ entry: entryData, balance: balanceData }) }),
    success: { status: 200, description: 'Posted.', body: postedBody },
    answer: ({ postLedgerEntry: { entry, balance } }) => ({
      entry: restEntry(entry),
      balance: balance.amount,
    }),
    replay: ({ entry, balance }) => ({ entry, balance }),
  })
}

function balanceRoute(path: '/ledger/{owner_id}' | '/balance/{owner_id}'): Route {
  return defineRoute({
    method: 'get',
    path,
    summary: 'An owner’s balance',
    description: 'An owner never seen has 0.',
    request: { params: z.object({ owner_id: shapes.ownerId }) },
    document: 'query RestBalance($ownerId: String!) { balance(ownerId: $ownerId) { ownerId amount } }',
    variables: ({ params }) => ({ ownerId: params.owner_id }),
    data: z.object({ balance: z.object({ ownerId: z.string(), amount: z.number() }) }),
    success: { status: 200, body: balanceBody },
    answer: ({ balance: { ownerId, amount } }) => ({ owner_id: ownerId, balance: amount }),
  })
}

const wholeNumber = z
  .string()
  .regex(/^\d{1,9}$/, 'must be a whole number')
  .meta({ type: 'integer', pattern: undefined, minimum: 1, maximum: 100, default: 20 })

function entriesRoute(contract: Contract): Route {
  return defineRoute({
    method: 'get',
    path: '/ledger/{owner_id}/entries',
    summary: 'An owner’s entries, newest first',
    request: {
      params: z.object({ owner_id: shapes.ownerId }),
      query: z.object({
        first: wholeNumber.optional().meta({ description: 'How many entries a page has.' }),
        after: z.string().optional().meta({ description: 'The `next` of the page before.' }),
        operation: z
          .union([shapes.operation, z.array(shapes.operation)])
          .optional()
          .meta({ description: 'Only entries of this operation; may be given more than once.' }),
      }),
    },
    document: `query RestEntries(
      $ownerId: String!, $first: Int, $after: String, $operations: [${contract.operationEnum}!]
    ) {
      ledgerEntries(ownerId: $ownerId, first: $first, after: $after, operations: $operations) {
        edges { node { ...RestEntry } }
        pageInfo { hasNextPage endCursor }
      }
    }`,
    variables({ params, query: { first, after, operation } }) {
      const operations = typeof operation === 'string' ? [operation] : operation
      for (const name of operations ?? []) checkOperation(contract, name)
      return { ownerId: params.owner_id, first: first && Number(first), after, operations }
    },
    data: z.object({
      ledgerEntries: z.object({
        edges: z.array(z.object({ node: entryData })),
        pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
      }),
    }),
    success: { status: 200, body: entriesBody },
    answer: ({ ledgerEntries: { edges, pageInfo } }) => ({
      entries: edges.map(({ node }) => restEntry(node)),
      next: pageInfo.hasNextPage ? pageInfo.endCursor : null,
    }),
  })
}
