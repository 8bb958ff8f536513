import { createLedgerClient } from '@shared-ledger/client'
import { createTestDatabase, type TestDatabase } from '@shared-ledger/postgres/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AppProcess } from './app-process.ts'
import { pairs, workersThatPosted } from './pairs.ts'

let servers: readonly AppProcess[] = []

/** The result of a posting, however it was sent. */
interface Outcome {
  readonly code: string
  readonly entryId: string | undefined
}

const url = (index: number) => servers[index % servers.length]!.url

async function byGraphql(index: number, input: object): Promise<Outcome> {
  const response = await fetch(`${url(index)}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      query: `mutation ($input: PostLedgerEntryInput!) {
        postLedgerEntry(input: $input) {
          ... on PostLedgerEntrySuccess { entry { id } }
          ... on DuplicateNonceError { entry { id } identical }
          ... on Error { code }
        }
      }`,
      variables: { input },
    }),
  })
  expect(response.status).toBe(200)
  const { data } = await response.json()
  const { code = 'posted', entry } = data.postLedgerEntry
  return { code, entryId: entry?.id }
}

async function byRest(
  index: number,
  input: { ownerId: string; operation: string; amount: number; nonce: string },
): Promise<Outcome> {
  const { ownerId, ...rest } = input
  const response = await fetch(`${url(index)}/ledger`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ owner_id: ownerId, ...rest }),
  })
  const { code = 'posted', status = 200, entry } = await response.json()
  expect(response.status).toBe(status)
  return { code, entryId: entry && String(entry.id) }
}

/** Sends over both transports in turn, to both processes in turn. */
const send = (index: number, input: Parameters<typeof byRest>[1]) =>
  index % 4 < 2 ? byGraphql(index, input) : byRest(index, input)

describe.each(pairs)('$pair on one database, GraphQL and REST mixed', ({ startPair, workers }) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await createTestDatabase()
    servers = await startPair('content', database.url)
  })
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.stop()))
    await database.drop()
  })

  test('50 spends of 1 from a balance of 10: exactly 10 are accepted', async () => {
    const client = createLedgerClient({ url: `${url(0)}/graphql` })
    await client.postEntry({ ownerId: 'ten', operation: 'CREDIT_ADD', amount: 10 })
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        send(i, { ownerId: 'ten', operation: 'CREDIT_SPEND', amount: 1, nonce: `spend ${i}` }),
      ),
    )
    const codes = outcomes.map(({ code }) => code).sort()
    expect(codes).toEqual([...Array(40).fill('INSUFFICIENT_BALANCE'), ...Array(10).fill('posted')])
    expect(await client.balance('ten')).toEqual({ ownerId: 'ten', amount: 0 })
    for (const server of servers) await expect.poll(() => workersThatPosted(server)).toEqual(workers)
  })

  test('one nonce sent 20 times: one entry, 19 duplicates of it', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        send(i, { ownerId: 'once', operation: 'CREDIT_ADD', amount: 5, nonce: 'n' }),
      ),
    )
    expect(outcomes.map(({ code }) => code).sort()).toEqual([...Array(19).fill('DUPLICATE_NONCE'), 'posted'])
    expect(new Set(outcomes.map(({ entryId }) => entryId)).size).toBe(1)
    const balance = await (await fetch(`${url(1)}/ledger/once`)).json()
    expect(balance).toEqual({
      owner_id: 'once',
      balance: 5,
      overdraft: 0,
      held: 0,
      available: 5,
      state: 'open',
    })
  })

  test('a server logs each request and posting in one line, without nonces', async () => {
    const nonce = 'a-secret-nonce'
    await byRest(0, { ownerId: 'logged', operation: 'CREDIT_ADD', amount: 5, nonce })
    const lines = () =>
      servers[0]!
        .output()
        .split('\n')
        .filter((line) => line.includes('logged'))
        .map((line) => JSON.parse(line))
    await expect.poll(lines).toContainEqual(
      expect.objectContaining({
        app: 'content',
        msg: 'posting',
        ownerId: 'logged',
        operation: 'CREDIT_ADD',
        amount: 5,
        outcome: 'posted',
      }),
    )
    await expect
      .poll(() => servers[0]!.output())
      .toMatch(
        /"method":"POST","path":"\/ledger",(?:"principal":"test suite",)?"operation":"RestPostLedgerEntry","outcome":"ok","status":200,"ms":[\d.]+/,
      )
    expect(servers[0]!.output()).not.toContain(nonce)
    expect(servers[0]!.output()).not.toContain(new URL(database.url).password || 'no password')
  })
})
