import { setImmediate as nextTick } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import {
  createLedger,
  createPool,
  type LiveEntry,
  SubscriberTooSlowError,
  ValidationError,
} from '../src/index.ts'
import { openLedger, operations } from './open-ledger.ts'

const { database, ledger, pool, prisma, sql, another } = await openLedger()

let count = 0
/** Returns an owner that no other test of the file uses. */
const newOwner = () => `owner-${++count}`

const post = async (ownerId: string, nonce: string) => {
  const result = await ledger.postEntry({ ownerId, operation: 'DAILY_REWARD', nonce })
  expect(result.ok).toBe(true)
}
/** Posts many entries, a thousand per call. */
const postMany = async (ownerId: string, entries: number, writer = ledger) => {
  for (let posted = 0; posted < entries; posted += 1000) {
    const results = await writer.postEntries(
      Array.from({ length: Math.min(1000, entries - posted) }, (_, i) => ({
        ownerId,
        operation: 'DAILY_REWARD',
        nonce: `n${posted + i + 1}`,
      })),
    )
    expect(results.every(({ ok }) => ok)).toBe(true)
  }
}

const open: AsyncIterator<unknown>[] = []
const subscribe: typeof ledger.postedEntries = async (...args) => {
  const entries = await ledger.postedEntries(...args)
  open.push(entries)
  return entries
}
afterEach(async () => {
  for (const entries of open.splice(0)) await entries.return?.()
  await expect.poll(listeners).toEqual([])
})

/** Returns the connections that listen for wake-ups. */
async function listeners(): Promise<number[]> {
  const { rows } = await sql.query(
    `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'`,
  )
  return rows.map(({ pid }) => pid)
}

/** The next entries of a live list. */
async function take(entries: AsyncIterator<LiveEntry>, size: number): Promise<LiveEntry[]> {
  const taken: LiveEntry[] = []
  while (taken.length < size) {
    const { value, done } = await entries.next()
    if (done) throw new Error(`The list ended after ${taken.length} entries.`)
    taken.push(value)
  }
  return taken
}
const seqsOf = (taken: readonly LiveEntry[]) => taken.map(({ entry }) => entry.seq)
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)

describe('postedEntries', () => {
  test('yields entries that are posted after it was accepted, with the same cursors as the list of entries', async () => {
    const owner = newOwner()
    await post(owner, 'before')
    const entries = await subscribe(owner)
    await post(owner, 'n1')
    await post(newOwner(), 'n1')
    await post(owner, 'n2')
    const taken = await take(entries, 2)
    expect(taken.map(({ entry }) => entry.nonce)).toEqual(['n1', 'n2'])
    const page = await ledger.entries({ ownerId: owner, order: 'OLDEST_FIRST' })
    expect(taken).toEqual(page.edges.slice(1).map(({ cursor, node }) => ({ cursor, entry: node })))
  })

  test('waits for an owner without an account', async () => {
    const owner = newOwner()
    const entries = await subscribe(owner)
    const first = entries.next()
    await post(owner, 'n1')
    expect((await first).value).toMatchObject({ entry: { seq: 1 } })
  })

  test('continues after a cursor, or from the first entry on', async () => {
    const owner = newOwner()
    await postMany(owner, 250)
    const all = await take(await subscribe(owner, { after: '' }), 250)
    expect(seqsOf(all)).toEqual(range(1, 250))
    const rest = await subscribe(owner, { after: all[99]!.cursor })
    expect(seqsOf(await take(rest, 150))).toEqual(range(101, 250))
    await post(owner, 'one more')
    expect(seqsOf(await take(rest, 1))).toEqual([251])
    expect(seqsOf(await take(await subscribe(owner, { after: all[249]!.cursor }), 1))).toEqual([251])
  })

  test.each([
    ['', {}, 'ownerId'],
    ['a\0b', {}, 'ownerId'],
    ['x'.repeat(256), {}, 'ownerId'],
    [undefined, {}, 'ownerId'],
    ['ada', { after: 'nonsense' }, 'after'],
    ['ada', { after: 7 }, 'after'],
    ['ada', { after: Buffer.from('seq:-1').toString('base64url') }, 'after'],
    ['ada', { after: Buffer.from('owner:ada').toString('base64url') }, 'after'],
    ['ada', { after: Buffer.from('seq:1').toString('base64url') }, 'after'],
    ['ada', { after: Buffer.from('seq:9999999999999999').toString('base64url') }, 'after'],
  ])('refuses the owner %j with %j', async (owner, input, field) => {
    const refused = await ledger.postedEntries(owner as never, input as never).catch((error) => error)
    expect(refused).toBeInstanceOf(ValidationError)
    expect(refused.errors.map((error: { field: string }) => error.field)).toEqual([field])
    expect(await listeners()).toEqual([])
  })

  test('yields the entries of every kind of posting, but none of a dry run or a hold', async () => {
    const owner = newOwner()
    const entries = await subscribe(owner)
    const posted = await ledger.postEntry({ ownerId: owner, operation: 'CREDIT_ADD', amount: 50, nonce: 'a' })
    if (!posted.ok) throw posted.error
    await ledger.postEntry({ ownerId: owner, operation: 'CREDIT_ADD', amount: 50, nonce: 'b', dryRun: true })
    const held = await ledger.holdCredits({
      ownerId: owner,
      operation: 'CREDIT_SPEND',
      amount: 5,
      nonce: 'c',
      expiresIn: 60,
    })
    if (!held.ok) throw held.error
    await ledger.captureHold({ id: held.hold.id, nonce: 'd' })
    await ledger.refundEntry({ id: posted.entry.id, amount: 1, nonce: 'e' })
    await ledger.postTransaction({
      nonce: 'f',
      entries: [
        { ownerId: owner, operation: 'DAILY_REWARD' },
        { ownerId: newOwner(), operation: 'DAILY_REWARD' },
        { ownerId: owner, operation: 'DAILY_REWARD' },
      ],
    })
    const nonces = (await take(entries, 5)).map(({ entry }) => entry.nonce)
    expect(nonces).toEqual(['a', 'd', 'e', 'f', 'f'])
  })

  test("sees what an app's own transaction posts, once it is committed", async () => {
    const owner = newOwner()
    const entries = await subscribe(owner)
    const input = { ownerId: owner, operation: 'DAILY_REWARD' } as const
    const undone = prisma.$transaction(async (tx) => {
      await ledger.postEntry({ ...input, nonce: 'undone' }, { tx })
      throw new Error('undone')
    })
    await expect(undone).rejects.toThrow('undone')
    await prisma.$transaction((tx) => ledger.postEntry({ ...input, nonce: 'kept' }, { tx }))
    expect((await take(entries, 1))[0]!.entry.nonce).toBe('kept')
  })

  test('has one connection, from the first subscriber to the last', async () => {
    const owner = newOwner()
    expect(await listeners()).toEqual([])
    const [one, two] = [await subscribe(owner), await subscribe(newOwner())]
    await expect.poll(listeners).toHaveLength(1)
    const [pid] = await listeners()
    await one.return?.()
    expect(await listeners()).toEqual([pid])
    await two.return?.()
    await expect.poll(listeners).toEqual([])
    await subscribe(owner)
    await expect.poll(listeners).toHaveLength(1)
  })

  test('ends at once, even while it waits: by return, by its signal, by the end of the ledger', async () => {
    const owner = newOwner()
    const done = { done: true, value: undefined }

    const left = await subscribe(owner)
    const leftNext = left.next()
    await nextTick()
    expect(await left.return?.()).toEqual(done)
    expect(await leftNext).toEqual(done)
    expect(await left.next()).toEqual(done)

    const controller = new AbortController()
    const aborted = await subscribe(owner, { signal: controller.signal })
    const abortedNext = aborted.next()
    controller.abort()
    expect(await abortedNext).toEqual(done)
    expect(await (await subscribe(owner, { signal: controller.signal })).next()).toEqual(done)

    const otherPool = createPool(database.url)
    const other = createLedger({ app: 'content', operations, pool: otherPool })
    const closed = await other.postedEntries(owner)
    const closedNext = closed.next()
    await other.close()
    expect(await closedNext).toEqual(done)
    await otherPool.end()
  })

  test('loses nothing when its connection is killed, and listens again', async () => {
    const owner = newOwner()
    const entries = await subscribe(owner)
    await expect.poll(listeners).toHaveLength(1)
    const [pid] = await listeners()
    const taken = take(entries, 300)
    for (let i = 1; i <= 300; i++) {
      if (i === 100) await sql.query('SELECT pg_terminate_backend($1::int)', [pid])
      await post(owner, `n${i}`)
    }
    expect(seqsOf(await taken)).toEqual(range(1, 300))
    await expect.poll(listeners).toHaveLength(1)
    expect(await listeners()).not.toEqual([pid])
  })

  test('a reader that never reads holds up no posting, and gets an error that it was too slow', async () => {
    const owner = newOwner()
    const entries = await subscribe(owner)
    await postMany(owner, 10_000)
    await expect.poll(listeners).toHaveLength(1)
    await post(owner, 'one too many')
    // It ends before the reader reads, so that nothing stays open for it.
    await expect.poll(listeners).toEqual([])
    const error = await entries.next().catch((thrown) => thrown)
    expect(error).toBeInstanceOf(SubscriberTooSlowError)
    expect(error).toMatchObject({ code: 'SUBSCRIBER_TOO_SLOW', retryable: true })
    expect(await entries.next()).toEqual({ done: true, value: undefined })

    const all = await subscribe(owner, { after: '' })
    expect(seqsOf(await take(all, 10_001))).toEqual(range(1, 10_001))
  })

  test('keeps at most a page of unread entries', async () => {
    const owner = newOwner()
    const reads: unknown[] = []
    const onAcquire = () => reads.push(null)
    const entries = await subscribe(owner)
    await postMany(owner, 1000)
    pool.on('acquire', onAcquire)
    await entries.next()
    await new Promise((resolve) => setTimeout(resolve, 1500))
    pool.off('acquire', onAcquire)
    // One page, and a query for the seq each second.
    expect(reads.length).toBeLessThan(8)
    expect(seqsOf(await take(entries, 999))).toEqual(range(2, 1000))
  })

  test('sees what another process posts', async () => {
    const owner = newOwner()
    const entries = await subscribe(owner)
    await postMany(owner, 1000, another(operations))
    expect(seqsOf(await take(entries, 1000))).toEqual(range(1, 1000))
  })
})

describe('a wake-up', () => {
  /** Records what arrives on the subscribers' channel. */
  async function watchChannel() {
    const entries = await subscribe(newOwner())
    await expect.poll(listeners).toHaveLength(1)
    const { rows } = await sql.query(
      `SELECT query FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'`,
    )
    await entries.return?.()
    let count = 0
    sql.on('notification', () => {
      count += 1
    })
    await sql.query(rows[0].query)
    /** Returns the number of wake-ups, once no more arrive. */
    return async () => {
      for (let before = -1; before < count; ) {
        before = count
        await new Promise((resolve) => setTimeout(resolve, 200))
      }
      return count
    }
  }

  test('is sent for committed entries, and only a few times for a burst', async () => {
    const wakeUps = await watchChannel()
    const owner = newOwner()
    await post(owner, 'n1')
    expect(await wakeUps()).toBe(1)

    await Promise.all(Array.from({ length: 200 }, (_, i) => post(newOwner(), `burst ${i}`)))
    const afterBurst = await wakeUps()
    expect(afterBurst).toBeGreaterThan(1)
    expect(afterBurst).toBeLessThan(150)

    const input = { ownerId: owner, operation: 'DAILY_REWARD' } as const
    await ledger.postEntry({ ...input, nonce: 'dry', dryRun: true })
    await ledger.postEntry({ ...input, nonce: 'n1' })
    await ledger.postEntry({ ownerId: owner, operation: 'CREDIT_SPEND', amount: 999, nonce: 'poor' })
    await ledger.setOverdraft({ ownerId: owner, limit: 5 })
    await prisma.$transaction((tx) => ledger.postEntry({ ...input, nonce: 'in a transaction' }, { tx }))
    expect(await wakeUps()).toBe(afterBurst)
    await sql.query('UNLISTEN *')
  })
})
