import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createOpenStream } from '../src/event-stream.ts'
import { failureOf } from '../src/failure.ts'
import { EntryPostedDocument } from '../src/generated/documents.ts'
import {
  createLedgerClient,
  type EntriesPostedInput,
  type LedgerClient,
  type LiveEntry,
} from '../src/index.ts'
import { type FixtureOperation, ledger, pool, startFixture } from './fixture.ts'
import { answer, cutStreamAfter, dropRequest, graphqlError, silenceStream } from './proxy.ts'

describe('entriesPosted', () => {
  let fixture: Awaited<ReturnType<typeof startFixture>>
  let client: LedgerClient<FixtureOperation>
  let done: AbortController
  const clientOf = (options: { attempts?: number } = {}) =>
    createLedgerClient<FixtureOperation>({
      url: fixture.url,
      retry: { baseDelayMs: 1, attempts: options.attempts ?? 6 },
    })

  beforeEach(async () => {
    fixture = await startFixture()
    client = clientOf()
    done = new AbortController()
  })
  afterEach(async () => {
    done.abort()
    await expect.poll(subscribers).toBe(0)
    await fixture.stop()
  })

  const watch = (input: EntriesPostedInput = {}, by = client) =>
    by.entriesPosted(fixture.ownerId, { signal: done.signal, ...input })

  /** Whether the server has subscribers. It listens while it has some. */
  const subscribers = async () => {
    const { rows } = await pool.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'`,
    )
    return rows.length
  }
  const post = async (nonce: string) => {
    const result = await ledger.postEntry({ ownerId: fixture.ownerId, operation: 'DAILY_REWARD', nonce })
    expect(result.ok).toBe(true)
  }
  const postAll = async (first: number, last: number) => {
    for (let i = first; i <= last; i++) await post(`n${i}`)
  }
  const nonces = (first: number, last: number) =>
    Array.from({ length: last - first + 1 }, (_, i) => `n${first + i}`)

  /** Takes the next entries. */
  async function take(list: AsyncIterator<LiveEntry<FixtureOperation>>, count: number) {
    const taken: LiveEntry<FixtureOperation>[] = []
    while (taken.length < count) {
      const next = await list.next()
      if (next.done) throw new Error(`The list ended after ${taken.length} entries.`)
      taken.push(next.value)
    }
    return taken
  }
  const noncesOf = (taken: readonly LiveEntry<FixtureOperation>[]) => taken.map(({ entry }) => entry.nonce)

  it('yields entries as they are posted, until the reader leaves', async () => {
    await post('before')
    const list = watch()
    const first = take(list, 1)
    await expect.poll(subscribers).toBe(1)
    await post('n1')
    const [taken] = await first
    expect(taken).toEqual({
      cursor: expect.any(String),
      entry: await client.entryByNonce(fixture.ownerId, 'n1'),
    })
    await list.return()
    await expect.poll(subscribers).toBe(0)
  })

  it('yields the entries of all owners, and continues after a cursor of their list', async () => {
    await post('before')
    const { pageInfo } = await client.entries({ first: 1 })
    const list = client.entriesPosted(null, { signal: done.signal })
    const first = take(list, 1)
    await expect.poll(subscribers).toBe(1)
    await postAll(1, 2)
    expect(noncesOf([...(await first), ...(await take(list, 1))])).toEqual(nonces(1, 2))
    await list.return()
    const after = pageInfo.startCursor ?? ''
    const again = client.entriesPosted(null, { after, signal: done.signal })
    expect(noncesOf(await take(again, 2))).toEqual(nonces(1, 2))
    await again.return()
  })

  it('continues after a cursor, or begins with the first entry', async () => {
    await postAll(1, 5)
    const all = watch({ after: '' })
    const taken = await take(all, 5)
    expect(noncesOf(taken)).toEqual(nonces(1, 5))
    await all.return()
    const rest = watch({ after: taken[2]!.cursor })
    expect(noncesOf(await take(rest, 2))).toEqual(nonces(4, 5))
    await rest.return()
  })

  it('yields each entry once, in order, over connections that are lost in the middle', async () => {
    fixture.faults.push(
      cutStreamAfter(10),
      dropRequest,
      cutStreamAfter(1),
      answer(503),
      cutStreamAfter(40),
      graphqlError({ code: 'SUBSCRIBER_TOO_SLOW', retryable: true }),
    )
    const list = watch({ after: '' })
    const taken = take(list, 200)
    await postAll(1, 200)
    expect(noncesOf(await taken)).toEqual(nonces(1, 200))
    expect(fixture.faults).toEqual([])
    await list.return()
  })

  it.each([0, 3])(
    'loses nothing where the first connection is lost before its first entry, after %i',
    async (before) => {
      await postAll(1, before)
      const list = watch({}, clientOf({ attempts: 100 }))
      const taken = take(list, 2)
      await expect.poll(subscribers).toBe(1)
      await fixture.stop()
      await expect.poll(subscribers).toBe(0)
      await post('meanwhile')
      await fixture.restart()
      await post('after')
      expect(noncesOf(await taken)).toEqual(['meanwhile', 'after'])
      await list.return()
    },
  )

  it('treats a silent connection as lost, but not one whose server still pings', async () => {
    const open = createOpenStream({ url: fixture.url }, 900)
    const entries = () => open(EntryPostedDocument, { ownerId: fixture.ownerId }, done.signal)
    fixture.faults.push(silenceStream)
    const error = await entries()
      .next()
      .catch((thrown) => thrown)
    expect(failureOf(error)).toMatchObject({ code: 'TIMEOUT', retryable: true })

    const next = entries().next()
    await new Promise((resolve) => setTimeout(resolve, 2000))
    await post('n1')
    expect((await next).value).toMatchObject({ ledgerEntryPosted: { entry: { nonce: 'n1' } } })
  })

  it('ends when its signal aborts, while it waits and while it reconnects', async () => {
    const waiting = new AbortController()
    const next = client.entriesPosted(fixture.ownerId, { signal: waiting.signal }).next()
    await expect.poll(subscribers).toBe(1)
    waiting.abort()
    expect(await next).toEqual({ done: true, value: undefined })
    await expect.poll(subscribers).toBe(0)

    await fixture.stop()
    const away = new AbortController()
    const patient = createLedgerClient({
      url: fixture.url,
      retry: { baseDelayMs: 60_000, maxDelayMs: 60_000 },
    })
    const list = patient.entriesPosted(fixture.ownerId, { after: '', signal: away.signal })
    setTimeout(() => away.abort(), 100)
    expect(await list.next()).toEqual({ done: true, value: undefined })
  })

  it('throws an error that a new connection would not fix', async () => {
    const refused = client.entriesPosted('', { after: '' }).next()
    await expect(refused).rejects.toMatchObject({ code: 'VALIDATION_ERROR', retryable: false, status: 200 })
    await expect(client.entriesPosted('a', { after: 'nonsense' }).next()).rejects.toMatchObject({
      code: 'VALIDATION_ERROR',
    })
    expect(fixture.requests).toHaveLength(2)
    fixture.faults.push(answer(404))
    await expect(client.entriesPosted('a', { after: '' }).next()).rejects.toMatchObject({ code: 'HTTP_404' })
    await fixture.stop()
    await expect(clientOf({ attempts: 3 }).entriesPosted('a', { after: '' }).next()).rejects.toMatchObject({
      code: 'UNREACHABLE',
      retryable: true,
    })
  })

  it('leaves unread entries on the server', async () => {
    await postAll(1, 3)
    const list = watch({ after: '' })
    expect(noncesOf(await take(list, 1))).toEqual(['n1'])
    await postAll(4, 6)
    expect(noncesOf(await take(list, 5))).toEqual(nonces(2, 6))
    await list.return()
  })
})
