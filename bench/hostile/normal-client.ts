import { setTimeout as sleep } from 'node:timers/promises'
import { type Connection, openConnection } from '../http/connection.ts'
import { postingFor } from '../posting.ts'
import { quantile } from '../statistics.ts'
import { normalName } from './template.ts'

/** The results of a client that posts and then reads the balance, again and again. */
export interface Seen {
  readonly p50: number
  readonly p99: number
  readonly requests: number
  /** Requests that did not get the right answer. */
  readonly failed: number
}

const documents = {
  post: `mutation Post($input: PostLedgerEntryInput!) {
    postLedgerEntry(input: $input) { __typename ... on PostLedgerEntrySuccess { entry { id } balance { amount } } }
  }`,
  read: 'query Read($ownerId: String!) { balance(ownerId: $ownerId) { amount available } }',
}

/** Posts and reads for this long. A failure is counted, and the client continues after a moment over a new connection. */
export async function beNormal(url: string, ownerId: string, seconds: number): Promise<Seen> {
  const latencies: number[] = []
  const until = performance.now() + seconds * 1000
  let failed = 0
  let connection: Connection | undefined
  const ask = async (body: string, sign: string) => {
    const began = performance.now()
    try {
      connection ??= await openConnection(url, normalName)
      if (!(await connection.post('/graphql', body)).includes(sign)) failed += 1
    } catch {
      failed += 1
      connection?.close()
      connection = undefined
      await sleep(failurePauseMs)
    }
    latencies.push(performance.now() - began)
  }
  while (performance.now() < until || latencies.length === 0) {
    await ask(JSON.stringify({ query: documents.post, variables: { input: postingFor(ownerId) } }), 'Success')
    await ask(JSON.stringify({ query: documents.read, variables: { ownerId } }), '"available"')
  }
  connection?.close()
  return { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99), requests: latencies.length, failed }
}

const failurePauseMs = 100
