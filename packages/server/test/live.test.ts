import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { type RunningServer, startServer } from '@shared-ledger/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openNotes } from '../../rest/test/notes-app.ts'
import { collect, eventsOf, openStream } from './event-stream.ts'
import { createTestApp, ledger, owner, pool } from './harness.ts'

const { app, served, lines, graphql } = createTestApp()
const query =
  'subscription Live($ownerId: String!, $after: String) { ledgerEntryPosted(ownerId: $ownerId, after: $after) { cursor entry { seq nonce } } }'
let server: RunningServer
beforeAll(async () => {
  server = await startServer({ ...served, port: 0 })
})
afterAll(() => server.close())

const post = (nonce: string) => ledger.postEntry({ ownerId: owner(), operation: 'DAILY_REWARD', nonce })

/** Returns how many ledgers of this database have subscribers. Each listens while it has one. */
async function listeners(): Promise<number> {
  const { rows } = await pool.query(
    `SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'`,
  )
  return rows.length
}

const requestLines = () =>
  lines.filter((line) => line.msg === 'request' && line.operation === 'Live').map(({ outcome }) => outcome)

const subscribe = (variables: object = { ownerId: owner() }, { url } = server) =>
  openStream(url, { query, variables })

/** Reads the next event of an answer and keeps the answer open. */
const take = async (events: ReturnType<typeof eventsOf>) => (await events.next()).value
const nonceOf = (event: Awaited<ReturnType<typeof take>>) => event?.data.data.ledgerEntryPosted.entry.nonce

async function textUntil(response: IncomingMessage, end: RegExp): Promise<string> {
  let text = ''
  while (!end.test(text)) text += String((await once(response, 'data'))[0])
  return text
}

/** Selects each entry forty times, so that no buffer between the server and its client has room for all entries. */
const heavyQuery = `subscription ($ownerId: String!) {
  ledgerEntryPosted(ownerId: $ownerId) {
    entry { seq ${Array.from({ length: 40 }, (_, i) => `m${i}: metadata`).join(' ')} }
  }
}`
async function postHeavy(thousands: number) {
  const metadata = { text: 'x'.repeat(1000) }
  for (let i = 0; i < thousands; i++) {
    const results = await ledger.postEntries(
      Array.from({ length: 1000 }, (_, j) => ({
        ownerId: owner(),
        operation: 'DAILY_REWARD',
        nonce: `${i} ${j}`,
        metadata,
      })),
    )
    expect(results.every(({ ok }) => ok)).toBe(true)
  }
}

describe('a subscription', () => {
  test('is answered with POST as an event stream, with pings and a line in the log at its end', async () => {
    const response = await subscribe()
    expect(response.statusCode).toBe(200)
    expect(response.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    await textUntil(response, /^:\n\n(:\n\n)+/)
    await post('n1')
    const text = await textUntil(response, /event: next\n.*\n\n$/)
    expect(text).toMatch(
      /^(:\n\n)*event: next\ndata: \{"data":\{"ledgerEntryPosted":\{"cursor":"\w+","entry":\{"seq":1,"nonce":"n1"\}\}\}\}\n\n/,
    )
    expect(requestLines()).toEqual([])
    response.destroy()
    await expect.poll(requestLines).toEqual(['ok'])
  })

  test('is answered with GET, as EventSource asks, and continues after a cursor', async () => {
    for (const nonce of ['n1', 'n2', 'n3']) await post(nonce)
    const get = async (after: string) => {
      const parameters = new URLSearchParams({
        query,
        variables: JSON.stringify({ ownerId: owner(), after }),
      })
      const response = await fetch(`${server.url}/graphql?${parameters}`, {
        headers: { accept: 'text/event-stream' },
      })
      return eventsOf(response.body!)
    }
    const events = await get('')
    const first = await take(events)
    expect(nonceOf(first)).toBe('n1')
    await events.return()
    const rest = await get(first?.data.data.ledgerEntryPosted.cursor)
    expect([nonceOf(await take(rest)), nonceOf(await take(rest))]).toEqual(['n2', 'n3'])
    await rest.return()
    await expect.poll(listeners).toBe(0)
  })

  test.each([
    [{ ownerId: '' }, 'ownerId'],
    [{ ownerId: 'ann', after: 'nonsense' }, 'after'],
  ])('of %j is refused with one result', async (variables, field) => {
    const response = await subscribe(variables)
    expect(response.statusCode).toBe(200)
    const events = await collect(eventsOf(response))
    expect(events).toMatchObject([
      {
        event: 'next',
        data: { errors: [{ extensions: { code: 'VALIDATION_ERROR', errors: [{ field }] } }] },
      },
      { event: 'complete' },
    ])
  })

  test('is refused for a client that does not accept event streams, and nothing stays open', async () => {
    const answer = await graphql(query, { ownerId: owner() }, { accept: 'application/json' })
    expect(answer.status).toBe(406)
    expect(answer.json.errors[0]).toMatchObject({
      message: expect.stringContaining('to a subscription it is text/event-stream'),
      extensions: { code: 'NOT_ACCEPTABLE' },
    })
    const head = await app.fetch(
      new Request(
        `http://test/graphql?${new URLSearchParams({ query, variables: JSON.stringify({ ownerId: owner() }) })}`,
        {
          method: 'HEAD',
          headers: { accept: 'text/event-stream' },
        },
      ),
    )
    expect(head.body).toBeNull()
    await expect.poll(listeners).toBe(0)
  })

  test.each([
    ['of the ledger', () => new Error('password=secret'), 'INTERNAL_ERROR'],
    [
      'of the network',
      () => Object.assign(new Error('secret'), { code: 'ECONNRESET' }),
      'DATABASE_UNAVAILABLE',
    ],
  ])('reports an error %s like any other answer, then completes', async (_, fail, code) => {
    const { schema } = openNotes('postgresql://nobody@127.0.0.1:1/none')
    const field = schema.getSubscriptionType()?.getFields().ledgerEntryPosted
    if (!field) throw new TypeError('The graph has no subscription.')
    field.subscribe = async function* () {
      yield { cursor: 'c', entry: { seq: 1, nonce: 'n1' } }
      throw fail()
    }
    const failing = createTestApp({ served: schema })
    const { text } = await failing.graphql(query, { ownerId: owner() }, { accept: 'text/event-stream' })
    const events = await collect(eventsOf(new Blob([text]).stream()))
    expect(events).toMatchObject([
      { event: 'next', data: { data: { ledgerEntryPosted: { cursor: 'c' } } } },
      { event: 'next', data: { errors: [{ extensions: { code } }] } },
      { event: 'complete' },
    ])
    expect(text).not.toContain('secret')
    expect(failing.lines.filter(({ msg }) => msg === 'request')).toMatchObject([
      { operation: 'Live', outcome: code },
    ])
  })

  test('adds so few listeners to its answer that Node warns of no leak', async () => {
    const warnings: Error[] = []
    const note = (warning: Error) => warnings.push(warning)
    process.on('warning', note)
    const variables = { ownerId: owner() }
    const response = await openStream(server.url, { query, variables }, { authorization: 'Bearer ann' })
    await textUntil(response, /^:\n\n/)
    process.off('warning', note)
    expect(warnings).toEqual([])
    response.destroy()
  })

  test('is dropped at once when its client leaves, even while its answer is held up', async () => {
    const heldUp = openStream(server.url, { query: heavyQuery, variables: { ownerId: owner() } })
    const responses = await Promise.all([subscribe(), subscribe(), heldUp])
    await postHeavy(1)
    await expect.poll(listeners).toBe(1)
    for (const response of responses) response.destroy()
    await expect.poll(listeners).toBe(0)
  })
})

describe('a client that does not read', () => {
  test('holds up no posting, and is cut off with an error', async () => {
    const response = await openStream(server.url, { query: heavyQuery, variables: { ownerId: owner() } })
    await postHeavy(12)
    // Nothing stays open for it.
    await expect.poll(listeners).toBe(0)
    let seq = 0
    let last: unknown
    for await (const { event, data } of eventsOf(response)) {
      if (data?.data) expect(data.data.ledgerEntryPosted.entry.seq).toBe(++seq)
      else last = { event, data, before: last }
    }
    expect(last).toMatchObject({
      event: 'complete',
      before: {
        event: 'next',
        data: { errors: [{ extensions: { code: 'SUBSCRIBER_TOO_SLOW', retryable: true } }] },
      },
    })
    expect(seq).toBeGreaterThan(0)
    expect(seq).toBeLessThan(2000)
  })
})

describe('a server that stops', () => {
  test('completes the streams, and does not wait for a client that does not read', async () => {
    // The ledger belongs to this test file, so it stays open.
    const stopping = await startServer({ ...served, port: 0 })
    const reading = eventsOf(await subscribe(undefined, stopping))
    const stuck = await openStream(stopping.url, { query: heavyQuery, variables: { ownerId: owner() } })
    await post('n1')
    expect(nonceOf(await take(reading))).toBe('n1')
    await postHeavy(2)
    const rest = collect(reading)
    const started = performance.now()
    await stopping.close()
    expect(performance.now() - started).toBeLessThan(8_000)
    expect((await rest).at(-1)).toEqual({ event: 'complete', data: undefined })
    await expect.poll(listeners).toBe(0)
    stuck.destroy()
  })
})
