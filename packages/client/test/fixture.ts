import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { createSchema, createYoga } from 'graphql-yoga'

/** What the fixture's one app adds to the shared operations. */
export type FixtureOperation =
  | 'DAILY_REWARD'
  | 'SIGNUP_CREDIT'
  | 'CREDIT_SPEND'
  | 'CREDIT_ADD'
  | 'CONTENT_ACCESS'

/** What happens to one request in place of an answer. `post` lets the server work first. */
export type Fault = (
  request: IncomingMessage,
  response: ServerResponse,
  post: () => Promise<Response>,
) => Promise<void> | void

interface Entry {
  id: string
  ownerId: string
  operation: FixtureOperation
  amount: number
  nonce: string
  balanceAfter: number
  seq: number
  transactionId: string
  metadata: Record<string, string>
  createdOn: string
}

interface PostInput {
  ownerId: string
  operation: FixtureOperation
  amount?: number | null
  nonce: string
  metadata?: Record<string, string> | null
}

const contract = readFileSync(new URL('../../../schema.graphql', import.meta.url), 'utf8')
const ownFields = /* GraphQL */ `
  extend enum LedgerOperation { CONTENT_ACCESS }
  extend type Mutation {
    touch(title: String!): Int!
    createContent(input: CreateContentInput!): Int!
  }
  input CreateContentInput { title: String! nonce: String! }
`

/** An app over HTTP whose ledger is a list in memory. Faults are used up first in, first out, one a request. */
export async function startFixture() {
  const entries: Entry[] = []
  const faults: Fault[] = []
  const requests: IncomingMessage[] = []
  let calls = 0

  const amountOf = (ownerId: string) =>
    entries.filter((entry) => entry.ownerId === ownerId).reduce((sum, entry) => sum + entry.amount, 0)
  const balance = (ownerId: string) => ({ ownerId, amount: amountOf(ownerId) })
  const byNonce = (ownerId: string, nonce: string) =>
    entries.find((entry) => entry.ownerId === ownerId && entry.nonce === nonce)

  function postLedgerEntry({ ownerId, operation, amount, nonce, metadata }: PostInput) {
    const credits = {
      DAILY_REWARD: 1,
      SIGNUP_CREDIT: 3,
      CREDIT_SPEND: -(amount ?? 1),
      CREDIT_ADD: amount ?? 10,
      CONTENT_ACCESS: 0,
    }[operation]
    const original = byNonce(ownerId, nonce)
    if (original) {
      const identical = original.operation === operation && (amount == null || original.amount === credits)
      return {
        __typename: 'DuplicateNonceError',
        code: 'DUPLICATE_NONCE',
        message: 'Posted before.',
        entry: original,
        identical,
        balance: balance(ownerId),
      }
    }
    if (ownerId === '') {
      return {
        __typename: 'ValidationError',
        code: 'VALIDATION_ERROR',
        message: 'ownerId is empty',
        errors: [{ field: 'ownerId', message: 'is empty' }],
      }
    }
    const balanceAfter = amountOf(ownerId) + credits
    if (balanceAfter < 0) {
      return {
        __typename: 'InsufficientBalanceError',
        code: 'INSUFFICIENT_BALANCE',
        message: 'Too few credits.',
        balance: balance(ownerId),
      }
    }
    if (!Number.isSafeInteger(balanceAfter)) {
      return {
        __typename: 'BalanceOutOfRangeError',
        code: 'BALANCE_OUT_OF_RANGE',
        message: 'Beyond 2^53 - 1.',
        balance: balance(ownerId),
      }
    }
    const entry: Entry = {
      id: String(entries.length + 1),
      ownerId,
      operation,
      amount: credits,
      nonce,
      balanceAfter,
      seq: entries.filter((other) => other.ownerId === ownerId).length + 1,
      transactionId: randomUUID(),
      metadata: metadata ?? {},
      createdOn: new Date().toISOString(),
    }
    entries.push(entry)
    return { __typename: 'PostLedgerEntrySuccess', entry, balance: balance(ownerId) }
  }

  function page({
    ownerId,
    operations,
    first,
    after,
  }: {
    ownerId: string
    operations?: string[]
    first?: number
    after?: string
  }) {
    const newestFirst = entries
      .filter((entry) => entry.ownerId === ownerId && (operations?.includes(entry.operation) ?? true))
      .reverse()
      .filter((entry) => after === undefined || entry.seq < Number(after))
    const edges = newestFirst.slice(0, first ?? 20).map((node) => ({ cursor: String(node.seq), node }))
    const pageInfo = {
      hasNextPage: newestFirst.length > edges.length,
      hasPreviousPage: after !== undefined,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    }
    return { edges, pageInfo }
  }

  const yoga = createYoga({
    logging: false,
    schema: createSchema({
      typeDefs: [contract, ownFields],
      resolvers: {
        Query: {
          balance: (_: unknown, { ownerId }: { ownerId: string }) => balance(ownerId),
          ledgerEntry: (_: unknown, { id }: { id: string }) => entries.find((entry) => entry.id === id),
          ledgerEntryByNonce: (_: unknown, { ownerId, nonce }: { ownerId: string; nonce: string }) =>
            byNonce(ownerId, nonce),
          ledgerEntries: (_: unknown, input: { ownerId: string }) => page(input),
          ledgerOperations: () => [
            {
              name: 'CONTENT_ACCESS',
              shared: false,
              direction: 'NONE',
              minAmount: 0,
              maxAmount: 0,
              defaultAmount: 0,
            },
          ],
        },
        Mutation: {
          postLedgerEntry: (_: unknown, { input }: { input: PostInput }) => postLedgerEntry(input),
          touch: () => ++calls,
          createContent: () => ++calls,
        },
      },
    }),
  })

  const server = createServer(async (request, response) => {
    requests.push(request)
    const body = await buffer(request)
    const post = async () =>
      yoga.fetch(`http://fixture${request.url}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      })
    const fault = faults.shift()
    if (fault) return fault(request, response, post)
    const answer = await post()
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text())
  })
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  await listen(0)
  const { port } = server.address() as AddressInfo

  return {
    url: `http://127.0.0.1:${port}/graphql`,
    entries,
    faults,
    requests,
    calls: () => calls,
    restart: () => listen(port),
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The server works, then the connection breaks before a byte of the answer. */
export const loseAnswer: Fault = async (request, _response, post) => {
  await post()
  request.socket.destroy()
}

/** The server works, then the connection breaks in the middle of the answer. */
export const cutAnswer: Fault = async (request, response, post) => {
  const body = await (await post()).text()
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length })
  response.write(body.slice(0, body.length / 2), () => request.socket.destroy())
}

/** The connection breaks before the server has worked. */
export const dropRequest: Fault = (request) => void request.socket.destroy()

/** Something in front of the server, or the server itself, answers in its place. */
export function answer(status: number, body = 'no', headers: Record<string, string> = {}): Fault {
  return (_request, response) => void response.writeHead(status, headers).end(body)
}

/** A GraphQL error instead of data. */
export function graphqlError(extensions: Record<string, unknown>, message = 'Not now.'): Fault {
  const body = JSON.stringify({ errors: [{ message, extensions }], data: null })
  return answer(200, body, { 'content-type': 'application/json' })
}
