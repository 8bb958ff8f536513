import { closedLoop, type LoopFigures } from '../closed-loop.ts'
import { type Connection, openConnection } from '../http/connection.ts'
import type { ServerKind, Servers } from '../http/servers.ts'
import { type Distribution, ownerDraw } from '../owners.ts'
import { postCall, postingFor, sqlOver } from '../posting.ts'
import type { Variant } from '../rounds.ts'
import type { Sizes } from '../sizes.ts'
import type { Context } from './context.ts'

/** Ways to post over HTTP. */
export const transports = ['graphql', 'rest'] as const
type Transport = (typeof transports)[number]

/** The names of this file's variants. */
export const overHttp = {
  posting: (transport: Transport, distribution: Distribution, connections: number) =>
    `http/${transport}/${distribution}/${connections}`,
  noop: 'http/no-op',
  bare: 'http/bare',
  /** Measured in process, right beside the others, so that other work on the machine affects all of them alike. */
  oneCall: 'http/one-call-in-process',
} as const

const mutation = `mutation Post($input: PostLedgerEntryInput!) {
  postLedgerEntry(input: $input) {
    __typename
    ... on PostLedgerEntrySuccess {
      entry { id ownerId operation amount nonce balanceAfter createdOn }
      balance { ownerId amount }
    }
    ... on Error { code message }
  }
}`

type Send = (connection: Connection, ownerId: string) => Promise<void>

const send: Record<Transport, Send> = {
  async graphql(connection, ownerId) {
    const body = JSON.stringify({ query: mutation, variables: { input: postingFor(ownerId) } })
    const answer = await connection.post('/graphql', body)
    if (!answer.includes('"PostLedgerEntrySuccess"')) throw new Error(`GraphQL answered ${answer}`)
  },
  async rest(connection, ownerId) {
    const { ownerId: owner_id, ...posting } = postingFor(ownerId)
    await connection.post('/ledger', JSON.stringify({ owner_id, ...posting }))
  },
}

/** Who posts what to which server. */
interface Load {
  readonly kind: ServerKind
  readonly transport: Transport
  readonly distribution: Distribution
  readonly connections: number
}

/** Posts to a server over several connections at once for about this long. */
export async function postOverHttp(
  servers: Servers,
  sizes: Sizes,
  { kind, transport, distribution, connections: callers }: Load,
  seconds: number,
): Promise<LoopFigures> {
  const draw = ownerDraw(distribution, sizes)
  const url = await servers.urlOf(kind)
  const connections = await Promise.all(Array.from({ length: callers }, () => openConnection(url)))
  try {
    return await closedLoop({ callers, seconds }, async (caller) => {
      const connection = connections[caller]
      if (connection) await send[transport](connection, draw())
    })
  } finally {
    for (const connection of connections) connection.close()
  }
}

/**
 * The same posting over HTTP, and the part of it that is not the ledger's. The servers run in their own processes, and
 * this process is their client.
 */
export function overHttpVariants({ pool, sizes }: Context, servers: Servers): Variant[] {
  const { callers: counts, usualCallers } = sizes
  const variant = (name: string, load: Load): Variant => ({
    name,
    unit: 'requests/s',
    async measure(seconds) {
      return (await postOverHttp(servers, sizes, load, seconds)).callsPerSecond
    },
  })
  const posting = (transport: Transport, distribution: Distribution, connections: number) =>
    variant(overHttp.posting(transport, distribution, connections), {
      kind: 'ledger',
      transport,
      distribution,
      connections,
    })
  const empty = (name: string, kind: ServerKind) =>
    variant(name, { kind, transport: 'graphql', distribution: 'uniform', connections: usualCallers })
  const draw = ownerDraw('uniform', sizes)
  const sql = sqlOver(pool)
  return [
    ...transports.flatMap((transport) => counts.map((count) => posting(transport, 'uniform', count))),
    ...transports.map((transport) => posting(transport, 'hot', usualCallers)),
    empty(overHttp.noop, 'no-op'),
    empty(overHttp.bare, 'bare'),
    {
      name: overHttp.oneCall,
      unit: 'entries/s',
      async measure(seconds) {
        const loop = { callers: usualCallers, seconds }
        return (await closedLoop(loop, () => postCall(sql, [draw()]))).callsPerSecond
      },
    },
  ]
}
