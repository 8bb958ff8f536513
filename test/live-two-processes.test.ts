import { createLedgerClient, type LiveEntry } from '@shared-ledger/client'
import { createTestDatabase, type TestDatabase } from '@shared-ledger/postgres/testing'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AppProcess } from './app-process.ts'
import { pairs, workersThatPosted } from './pairs.ts'

let sql: pg.Client
let reader: AppProcess
let writer: AppProcess

/** Sends a mutation to the process that writes. @throws Error when it was not carried out */
async function mutate(query: string, variables: object): Promise<void> {
  const response = await fetch(`${writer.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  })
  const text = await response.text()
  if (!text.includes('"done":')) throw new Error(text)
}

const post = (ownerId: string, nonce: string) =>
  mutate(
    `mutation ($input: PostLedgerEntryInput!) {
      postLedgerEntry(input: $input) { ... on PostLedgerEntrySuccess { done: entry { id } } ... on Error { message } }
    }`,
    { input: { ownerId, nonce, operation: 'CREDIT_ADD', amount: 10 } },
  )

/** The content app posts this in its own transaction. */
const createContent = (ownerId: string, nonce: string) =>
  mutate(
    `mutation ($input: CreateContentInput!) {
      createContent(input: $input) { ... on PostedContent { done: entry { id } } ... on Error { message } }
    }`,
    { input: { ownerId, nonce, title: 'T', body: 'B' } },
  )

/** Posts many entries, eight at a time. */
async function postMany(ownerId: string, count: number): Promise<void> {
  let next = 0
  const work = async () => {
    while (next < count) await post(ownerId, `n${++next}`)
  }
  await Promise.all(Array.from({ length: 8 }, work))
}

const subscribe = (ownerId: string, after: string) =>
  createLedgerClient({ url: `${reader.url}/graphql` }).entriesPosted(ownerId, { after })

async function take(list: AsyncIterator<LiveEntry>, count: number): Promise<LiveEntry[]> {
  const taken: LiveEntry[] = []
  while (taken.length < count) {
    const next = await list.next()
    if (next.done) throw new Error(`The list ended after ${taken.length} entries.`)
    taken.push(next.value)
  }
  return taken
}
const seqsOf = (taken: readonly LiveEntry[]) => taken.map(({ entry }) => entry.seq)
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1)

async function listeners(): Promise<number[]> {
  const { rows } = await sql.query(
    `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'`,
  )
  return rows.map(({ pid }) => pid)
}

describe.each(pairs)('$pair', ({ startPair, workers }) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await createTestDatabase()
    sql = new pg.Client({ connectionString: database.url })
    await sql.connect()
    ;[reader, writer] = await startPair('content', database.url)
  })
  afterAll(async () => {
    await Promise.all([reader?.stop(), writer?.stop()])
    await sql.end()
    await database.drop()
  })

  test('a subscriber of one process sees every posting of the other, once and in order, across reconnects', async () => {
    const posted = postMany('ada', 1000)
    const seen: LiveEntry[] = []
    // One reader stays. Another leaves and comes back with its last cursor.
    const stayingList = subscribe('ada', '')
    const staying = take(stayingList, 1000)
    for (const size of [1, 99, 150, 250, 300, 200]) {
      const list = subscribe('ada', seen.at(-1)?.cursor ?? '')
      seen.push(...(await take(list, size)))
      await list.return()
    }
    await posted
    expect(seqsOf(seen)).toEqual(upTo(1000))
    expect(seqsOf(await staying)).toEqual(upTo(1000))
    await stayingList.return()
    await expect.poll(() => workersThatPosted(writer)).toEqual(workers) // when there are two, one of them is not the subscriber's
  })

  test("it sees what the app's own transactions post", async () => {
    const list = subscribe('bob', '')
    const taken = take(list, 20)
    await postMany('bob', 10)
    for (let i = 1; i <= 10; i++) await createContent('bob', `content ${i}`)
    const operations = (await taken).map(({ entry }) => entry.operation)
    expect(operations).toEqual([...Array(10).fill('CREDIT_ADD'), ...Array(10).fill('CONTENT_CREATION')])
    await list.return()
  })

  test('it loses nothing when the connections that wake it are killed', async () => {
    const list = subscribe('eve', '')
    const taken = take(list, 500)
    const posted = postMany('eve', 500)
    const killed: number[] = []
    for (let i = 0; i < 3; i++) {
      await expect.poll(listeners).toHaveLength(1)
      const [pid] = await listeners()
      expect(killed).not.toContain(pid)
      killed.push(Number(pid))
      await sql.query('SELECT pg_terminate_backend($1::int)', [pid])
      await expect.poll(listeners).not.toContain(pid)
    }
    await posted
    expect(seqsOf(await taken)).toEqual(upTo(500))
    await list.return()
    expect(reader.output()).not.toContain('"fault"')
  })

  test('an open stream does not keep a process from stopping', async () => {
    const response = await fetch(`${reader.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ query: 'subscription Live { ledgerEntryPosted(ownerId: "ada") { cursor } }' }),
    })
    const text = response.text()
    await expect.poll(listeners).toHaveLength(1)
    await reader.stop()
    expect(reader.process.exitCode).toBe(0)
    expect(await text).toMatch(/^(:\n\n)*event: complete\ndata:\n\n$/)
    expect(reader.output()).toMatch(/"operation":"Live","outcome":"ok","status":200/)
  })
})
