import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { type EntryPage, type LiveEntry, OverloadedError } from '../src/index.ts'
import { fromPg } from '../src/transactions/pg.ts'
import { openLedger, operations, postBySql } from './open-ledger.ts'

const { database, ledger, another, sql } = await openLedger()
const { isCluster } = inject('postgres')

/** Returns another process of the app, which knows nothing yet. */
const fresh = () => another(operations)

let owners = 0
const newOwner = () => `owner-${++owners}`
const entry = (ownerId: string, nonce = 'n', rest: object = {}) => ({
  ownerId,
  operation: 'CREDIT_ADD' as const,
  amount: 1,
  nonce,
  ...rest,
})
const post = async (ownerId: string, nonce = 'n', rest: object = {}) => {
  const posted = await ledger.postEntry(entry(ownerId, nonce, rest))
  if (!posted.ok) throw posted.error
  return posted.entry
}

const clients: pg.Client[] = []
async function connect(url = database.directUrl) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  clients.push(client)
  return client
}
/** Posts an entry in a transaction that stays open. */
async function postOpen(ownerId: string) {
  const client = await connect()
  await client.query('BEGIN')
  const { entry: posted } = await ledger.postEntry(entry(ownerId), { tx: fromPg(client) })
  return { client, posted }
}
const lists: AsyncIterator<LiveEntry>[] = []
afterEach(async () => {
  for (const list of lists.splice(0)) await list.return?.()
  for (const client of clients.splice(0)) await client.end()
})

const idsOf = ({ edges }: EntryPage) => edges.map(({ node }) => node.id)
/** Returns the cursor of the last entry of the app. Lists of a test begin there. */
const endOfList = async () =>
  (await ledger.entries({ order: 'OLDEST_FIRST', last: 1 })).pageInfo.endCursor ?? ''

async function follow(from = ledger, after?: string) {
  const list = await from.postedEntries(null, { after })
  lists.push(list)
  return list
}
async function take(list: AsyncIterator<LiveEntry>, size: number): Promise<string[]> {
  const ids: string[] = []
  while (ids.length < size) ids.push((await list.next()).value.entry.id)
  return ids
}

describe.skipIf(isCluster)('the entries of all owners', () => {
  beforeEach(() => post(newOwner()))

  test('come by id in both orders, page by page', async () => {
    const after = await endOfList()
    const posted: string[] = []
    for (const owner of ['b', 'a', 'b', 'c', 'a']) posted.push((await post(owner, `p${posted.length}`)).id)
    const forward: string[] = []
    for (let cursor: string | null = after; cursor !== null; ) {
      const page: EntryPage = await ledger.entries({ order: 'OLDEST_FIRST', first: 2, after: cursor })
      forward.push(...idsOf(page))
      cursor = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null
    }
    expect(forward).toEqual(posted)
    const newest = await ledger.entries({ first: 5 })
    expect(idsOf(newest)).toEqual(posted.toReversed())
    expect(newest.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false })
    expect(idsOf(await ledger.entries({ last: 2, before: newest.edges[3]!.cursor }))).toEqual(
      posted.slice(2, 4).toReversed(),
    )
    expect(idsOf(await ledger.entries({ order: 'OLDEST_FIRST', last: 2 }))).toEqual(posted.slice(3))
  })

  test('are those of the app alone', async () => {
    const after = await endOfList()
    await postBySql(sql, { app: 'freelance', ownerId: newOwner(), nonce: 'f' })
    const { id } = await post(newOwner())
    expect(idsOf(await ledger.entries({ order: 'OLDEST_FIRST', after }))).toEqual([id])
  })

  test('are chosen by operation, time and metadata', async () => {
    const after = await endOfList()
    const owner = newOwner()
    const [first, second] = [
      await post(owner, '1', { metadata: { order: 'A' } }),
      await post(owner, '2', { operation: 'CONTENT_ACCESS', amount: undefined }),
    ]
    await delay(2) // so that the third has another millisecond
    const third = await post(owner, '3', { metadata: { order: 'B' } })
    const chosen = async (filter: object) =>
      idsOf(await ledger.entries({ order: 'OLDEST_FIRST', after, ...filter }))
    expect(await chosen({ operations: ['CONTENT_ACCESS'] })).toEqual([second.id])
    expect(await chosen({ metadata: { key: 'order', value: 'B' } })).toEqual([third.id])
    expect(await chosen({ from: third.createdOn })).toEqual([third.id])
    expect(await chosen({ to: third.createdOn })).toEqual([first.id, second.id])
    expect(await chosen({ to: first.createdOn })).toEqual([])
    expect(await chosen({ operations: [] })).toEqual([])
  })

  test.each([
    [{ after: Buffer.from('seq:1').toString('base64url') }, 'after'],
    [{ after: Buffer.from('id:-1').toString('base64url') }, 'after'],
    [{ order: 'UP' }, 'order'],
    [{ operations: ['NOPE'] }, 'operations.0'],
    [{ ownerId: '' }, 'ownerId'],
  ])('refuse %j', async (input, field) => {
    await expect(ledger.entries(input as never)).rejects.toMatchObject({ errors: [{ field }] })
  })

  test('end before what an open transaction may still add, and have it once it has ended', async () => {
    const after = await endOfList()
    const { client, posted } = await postOpen(newOwner())
    const later = await post(newOwner())
    expect(BigInt(later.id)).toBeGreaterThan(BigInt(posted?.id ?? ''))
    const forward = { order: 'OLDEST_FIRST', after } as const
    for (const input of [forward, { order: 'OLDEST_FIRST', last: 1 }, { first: 1 }] as const) {
      const ids = idsOf(await ledger.entries(input))
      expect(ids).not.toContain(later.id)
      expect(ids).not.toContain(posted?.id)
    }
    await client.query('COMMIT')
    expect(idsOf(await ledger.entries(forward))).toEqual([posted?.id, later.id])
  })

  test('do not have what a transaction rolled back', async () => {
    const after = await endOfList()
    const { client } = await postOpen(newOwner())
    const later = await post(newOwner())
    await client.query('ROLLBACK')
    expect(idsOf(await ledger.entries({ order: 'OLDEST_FIRST', after }))).toEqual([later.id])
  })

  test('wait neither for readers, nor for what holds a savepoint that was rolled back, nor for other databases', async () => {
    const after = await endOfList()
    const reader = await connect()
    await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
    await reader.query('SELECT count(*) FROM ledger.accounts')
    const writer = await connect()
    await writer.query('BEGIN; CREATE TABLE public.other (id integer); INSERT INTO public.other VALUES (1)')
    await writer.query('SAVEPOINT s')
    await ledger.postEntry(entry(newOwner()), { tx: fromPg(writer) })
    await writer.query('ROLLBACK TO s')
    const elsewhere = await connect(inject('postgres').url)
    await elsewhere.query('BEGIN')
    await elsewhere.query('SELECT pg_current_xact_id()')
    const { id } = await post(newOwner())
    expect(idsOf(await fresh().entries({ order: 'OLDEST_FIRST', after }))).toEqual([id])
    await writer.query('ROLLBACK')
  })

  test('are refused as overloaded by a process that has not seen a moment without an open transaction', async () => {
    const { client } = await postOpen(newOwner())
    const process = fresh()
    await expect(process.entries({ order: 'OLDEST_FIRST' })).rejects.toThrow(OverloadedError)
    await expect(process.postedEntries(null)).rejects.toThrow(OverloadedError)
    // What lies before a cursor needs no such moment.
    const before = await endOfList()
    expect((await process.entries({ order: 'OLDEST_FIRST', last: 1, before })).edges).toHaveLength(1)
    await client.query('COMMIT')
    expect((await process.entries({ order: 'OLDEST_FIRST' })).edges.length).toBeGreaterThan(0)
  })

  test('a page with a filter looks at 10,000 entries, and skips those before its time', async () => {
    const after = await endOfList()
    const owner = newOwner()
    const many = (nonce: string) => Array.from({ length: 1000 }, (_, n) => entry(owner, `${nonce} ${n}`))
    for (let n = 0; n < 11; n += 1) await ledger.postEntries(many(`many ${n}`))
    await delay(2)
    const last = await post(newOwner(), 'last', { metadata: { order: 'last' } })
    const forward = { order: 'OLDEST_FIRST', after } as const

    const byMetadata = { ...forward, metadata: { key: 'order', value: 'last' } }
    const first = await ledger.entries(byMetadata)
    expect(first).toMatchObject({ edges: [], pageInfo: { hasNextPage: true } })
    const rest = await ledger.entries({ ...byMetadata, after: first.pageInfo.endCursor })
    expect(idsOf(rest)).toEqual([last.id])
    expect(rest.pageInfo.hasNextPage).toBe(false)

    expect(idsOf(await ledger.entries({ ...forward, from: last.createdOn }))).toEqual([last.id])
    const backward = { to: new Date(last.createdOn.getTime() - 3_600_000) }
    expect((await ledger.entries(backward)).pageInfo).toMatchObject({ hasNextPage: false })
  })
})

describe.skipIf(isCluster)('postedEntries of all owners', () => {
  test('yields each entry that is posted after it was accepted, with the cursors of the list', async () => {
    await post(newOwner(), 'before')
    const after = await endOfList()
    const list = await follow()
    const posted = [await post(newOwner()), await post(newOwner())]
    expect(await take(list, 2)).toEqual(posted.map(({ id }) => id))
    const page = await ledger.entries({ order: 'OLDEST_FIRST', after, first: 1 })
    const again = await follow(ledger, page.edges[0]?.cursor)
    expect(await take(again, 1)).toEqual([posted[1]?.id])
    expect(await take(await follow(ledger, ''), 1)).not.toEqual([posted[0]?.id])
  })

  test.each(['nonsense', 'seq:1', 'id:999999999999999999'])('refuses the cursor %s', async (text) => {
    const after = Buffer.from(text).toString('base64url')
    await expect(ledger.postedEntries(null, { after })).rejects.toMatchObject({
      errors: [{ field: 'after' }],
    })
  })

  test('waits for a transaction that took its ids first, and goes on when it has ended', async () => {
    const list = await follow()
    const { client, posted } = await postOpen(newOwner())
    const later = await post(newOwner())
    const next = take(list, 2)
    await expect.poll(openTransactions).toBe(1)
    await client.query('COMMIT')
    expect(await next).toEqual([posted?.id, later.id])
  })

  test('yields each entry once, whatever order they commit in', { timeout: 60_000 }, async () => {
    const list = await follow()
    const after = await endOfList()
    const kept: string[] = []
    /** Posts in transactions that stay open for a while. A third rolls back, after it took ids. */
    const write = async (writer: number) => {
      const client = await connect()
      for (let n = 0; n < 15; n += 1) {
        await client.query('BEGIN')
        const ids: string[] = []
        for (let part = 0; part <= n % 3; part += 1) {
          const done = await ledger.postEntry(entry(`w${writer} ${n}`, `n${part}`), { tx: fromPg(client) })
          ids.push(done.entry.id)
          await delay(((writer * 7 + n * 3) % 5) * 2)
        }
        const isKept = (writer + n) % 3 !== 0
        await client.query(isKept ? 'COMMIT' : 'ROLLBACK')
        if (isKept) kept.push(...ids)
      }
    }
    /** Reads the same list by pages. */
    let isDone = false
    const paged: string[] = []
    const readPages = async () => {
      const reader = fresh()
      for (let cursor = after; ; ) {
        const wasDone = isDone
        const page = await reader.entries({ order: 'OLDEST_FIRST', first: 7, after: cursor })
        paged.push(...idsOf(page))
        cursor = page.pageInfo.endCursor ?? cursor
        if (wasDone && !page.pageInfo.hasNextPage) return
      }
    }
    const pages = readPages()
    await Promise.all([1, 2, 3, 4, 5].map(write))
    const marker = await post(newOwner(), 'marker')
    isDone = true
    const followed: string[] = []
    while (followed.at(-1) !== marker.id) followed.push(...(await take(list, 1)))
    await pages
    const expected = [...kept, marker.id].sort((a, b) => Number(BigInt(a) - BigInt(b)))
    expect(followed).toEqual(expected)
    expect(paged).toEqual(expected)
  })
})

/** Returns how many transactions hold an entry that nobody sees yet. */
async function openTransactions(): Promise<number> {
  const { rows } = await sql.query(
    `SELECT count(DISTINCT virtualtransaction)::int AS count FROM pg_locks
      WHERE relation = 'ledger.accounts'::regclass AND mode = 'RowExclusiveLock'`,
  )
  return rows[0].count
}
