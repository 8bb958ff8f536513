import { Agent, request } from 'node:http'
import { verifyLedger } from '@shared-ledger/ledger/verify'
import { withConnection } from '@shared-ledger/postgres'
import { createTestDatabase } from '@shared-ledger/postgres/testing'
import { afterAll, expect, test } from 'vitest'
import { type AppProcess, startAppProcess } from './app-process.ts'

const database = await createTestDatabase()
afterAll(() => database.drop())

const callers = 32
const json = { 'content-type': 'application/json' }

interface Sent {
  readonly nonce: string
  readonly begun: number
  /** The status of the answer. Undefined when there was none. */
  readonly status: number | undefined
  readonly closes: boolean
  /** Whether it opened its connection. */
  readonly opens: boolean
  readonly error: string | undefined
}

/** Posts once over a connection that is kept, if the server allows it. */
function post(server: AppProcess, agent: Agent, ownerId: string): Promise<Sent> {
  const nonce = crypto.randomUUID()
  const body = JSON.stringify({ owner_id: ownerId, operation: 'CREDIT_ADD', amount: 1, nonce })
  const begun = performance.now()
  return new Promise((resolve) => {
    const sent = request(`${server.url}/ledger`, { method: 'POST', headers: json, agent }, (answer) => {
      answer.resume()
      const closes = answer.headers.connection === 'close'
      const { statusCode: status } = answer
      answer.on('end', () => resolve({ ...of(), status, closes, error: undefined }))
      answer.on('error', ({ message }) => resolve({ ...of(), status: undefined, closes, error: message }))
    })
    const of = () => ({ nonce, begun, opens: !sent.reusedSocket })
    sent.on('error', (error: NodeJS.ErrnoException) =>
      resolve({ ...of(), status: undefined, closes: false, error: error.code ?? error.message }),
    )
    sent.end(body)
  })
}

/** Starts callers that each post one after the other, until the server accepts no connection any more. */
function postOn(server: AppProcess, owner: string) {
  const agent = new Agent({ keepAlive: true })
  const sent: Sent[] = []
  const call = async (caller: number) => {
    for (;;) {
      const one = await post(server, agent, `${owner}-${caller % 8}`)
      sent.push(one)
      if (one.status === undefined) return
    }
  }
  const ended = Promise.all(Array.from({ length: callers }, (_, caller) => call(caller))).finally(() =>
    agent.destroy(),
  )
  return { sent, ended }
}

/** Returns what a load balancer is told, over a new connection each time. Undefined when it cannot connect. */
async function readiness(server: AppProcess): Promise<string | undefined> {
  try {
    const answer = await fetch(`${server.url}/readyz`, { headers: { connection: 'close' } })
    return `${answer.status} ${await answer.text()}`
  } catch {
    return undefined
  }
}

async function noncesOf(owner: string): Promise<Set<string>> {
  const { rows } = await withConnection(database.url, (connection) =>
    connection.query<{ nonce: string }>('SELECT nonce FROM ledger.entries WHERE owner_id LIKE $1', [
      `${owner}-%`,
    ]),
  )
  return new Set(rows.map(({ nonce }) => nonce))
}

const subscription = 'subscription Live { ledgerEntryPosted(ownerId: "drain-0") { cursor } }'

test.each([
  { workers: 1, drainSeconds: 2 },
  { workers: 2, drainSeconds: 2 },
  { workers: 1, drainSeconds: 0 },
])(
  'on SIGTERM under load $workers processes that drain for $drainSeconds s lose nothing, and post nothing that they do not answer',
  async ({ workers, drainSeconds }) => {
    const owner = `drain-${workers}-${drainSeconds}`
    const env = { DRAIN_SECONDS: String(drainSeconds), LOG_LEVEL: 'info' }
    const server = await startAppProcess('content', database.url, { workers, env })
    const stream = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { ...json, accept: 'text/event-stream' },
      body: JSON.stringify({ query: subscription }),
    })
    const events = stream.text()
    const load = postOn(server, owner)
    await expect.poll(() => load.sent.length).toBeGreaterThan(100)

    server.process.kill('SIGTERM')
    if (drainSeconds > 0) {
      await expect.poll(() => readiness(server)).toBe('503 {"status":"stopping"}')
      const told = performance.now()
      // The server goes on taking requests, over new connections too, from clients that have not looked at /readyz yet.
      await expect
        .poll(() => load.sent.filter(({ begun, status }) => begun > told && status === 200).length)
        .toBeGreaterThan(0)
      expect(load.sent.some(({ closes }) => closes)).toBe(true)
    }
    await load.ended
    expect(await events).toMatch(/event: complete\ndata:\n\n$/)
    expect(await server.ended).toBe(0)
    expect(await readiness(server)).toBe(undefined)

    const posted = await noncesOf(owner)
    const answered = load.sent.filter(({ status }) => status !== undefined)
    expect(new Set(answered.map(({ status }) => status))).toEqual(new Set([200]))
    expect(answered.filter(({ nonce }) => !posted.has(nonce))).toEqual([])
    expect(load.sent.filter(({ nonce, status }) => status === undefined && posted.has(nonce))).toEqual([])
    const errors = new Set(load.sent.flatMap(({ error }) => error ?? []))
    expect([...errors].filter((error) => !/^(?:ECONNREFUSED|ECONNRESET)$/.test(error))).toEqual([])
    const refused = load.sent.find(({ error }) => error === 'ECONNREFUSED')?.begun ?? Number.POSITIVE_INFINITY
    expect(answered.filter(({ begun, opens }) => opens && begun > refused)).toEqual([])
    expect(server.output()).not.toMatch(/"fault"|"level":50/)
    expect((await withConnection(database.url, (connection) => verifyLedger(connection))).broken).toEqual([])
  },
)
