import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createLedgerClient } from '@shared-ledger/client'
import { createTestDatabase } from '@shared-ledger/postgres/testing'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { type AppProcess, startAppProcess } from './app-process.ts'

vi.setConfig({ testTimeout: 120_000 }) // each starts several processes, one after the other

const database = await createTestDatabase()
const sql = new pg.Client({ connectionString: database.url })
const servers: AppProcess[] = []
beforeAll(() => sql.connect())
afterEach(() => Promise.all(servers.splice(0).map((server) => server.stop())))
afterAll(async () => {
  await sql.end()
  await database.drop()
})

async function startWorkers(env: NodeJS.ProcessEnv = {}): Promise<AppProcess> {
  const server = await startAppProcess('content', database.url, { workers: 2, env })
  servers.push(server)
  return server
}

const json = { 'content-type': 'application/json' }

const post = (server: AppProcess) =>
  fetch(`${server.url}/ledger`, {
    method: 'POST',
    headers: json,
    body: JSON.stringify({ owner_id: 'ada', operation: 'CREDIT_ADD', nonce: crypto.randomUUID() }),
  })

const subscribe = (server: AppProcess) =>
  fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { ...json, accept: 'text/event-stream' },
    body: JSON.stringify({ query: 'subscription Live { ledgerEntryPosted(ownerId: "ada") { cursor } }' }),
  })

/** Returns the log's lines with a message. */
const linesOf = (server: AppProcess, msg: string) =>
  server
    .output()
    .split('\n')
    .filter((line) => line.includes(`"msg":"${msg}"`))
    .map((line) => JSON.parse(line))
const workersOf = (lines: readonly { worker: number }[]) => lines.map(({ worker }) => worker).sort()

const poll = <Value>(value: () => Value) => expect.poll(value)

async function postingsThatWait(): Promise<number> {
  const { rows } = await sql.query(
    `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  )
  return rows.length
}

test.each([
  ['SIGTERM, twice', 'SIGTERM', 0, ({ process }: AppProcess) => process.kill() && process.kill()],
  ['kill -9 of their primary', 'disconnect', null, ({ process }: AppProcess) => process.kill('SIGKILL')],
])('on %s both workers finish what they do, and end', async (_, reason, code, end) => {
  const server = await startWorkers()
  expect((await post(server)).status).toBe(200)
  await sql.query(`BEGIN; SELECT FROM ledger.accounts WHERE owner_id = 'ada' FOR UPDATE`)
  // The stream keeps its connection, so that the posting gets another one, and the other worker.
  const stream = await subscribe(server)
  const answer = post(server)
  await poll(postingsThatWait).toBe(1)

  end(server)
  await poll(() => linesOf(server, 'stopping')).toHaveLength(2)
  await sql.query('COMMIT')
  expect((await answer).status).toBe(200)
  expect(await stream.text()).toMatch(/event: complete\ndata:\n\n$/)
  expect(await server.ended).toBe(code)
  expect(linesOf(server, 'stopping').map((line) => line.reason)).toEqual([reason, reason])
  expect(workersOf(linesOf(server, 'stopped'))).toEqual([1, 2])
  const requests = linesOf(server, 'request')
  const streaming = requests.filter(({ operation }) => operation === 'Live')
  expect(workersOf([...streaming, requests.at(-1)])).toEqual([1, 2])
  expect(server.output()).not.toContain('"fault"')
})

test('a port that is taken is named once', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const failure: Error = await startWorkers({ PORT: String(port) }).catch((error) => error)
  expect(failure.message).toContain('did not start (exit code 1)')
  const named = `Port ${port} is taken by another process. Stop that one, or start this app alone`
  expect(failure.message.split(named)).toHaveLength(2)
  expect(failure.message).not.toContain('EADDRINUSE')
  other.close()
})

test('when a worker is killed during postings and a subscription, nothing is lost, and another replaces it', async () => {
  const server = await startWorkers()
  // A connection that is being handed to the worker when it is killed stays without an answer.
  const client = createLedgerClient({ url: `${server.url}/graphql`, timeoutMs: 5_000 })
  const seqs: number[] = []
  const follow = async () => {
    for await (const { entry } of client.entriesPosted('eve', { after: '' }))
      if (seqs.push(entry.seq) === 300) break
  }
  let begun = 0
  const postSome = async () => {
    while (begun++ < 300)
      expect(await client.postEntry({ ownerId: 'eve', operation: 'CREDIT_ADD', amount: 1 })).toMatchObject({
        ok: true,
      })
  }
  const all = Promise.all([follow(), ...Array.from({ length: 8 }, postSome)])

  await poll(() => seqs.length).toBeGreaterThan(50)
  const pids = execFileSync('pgrep', ['-P', String(server.process.pid)], { encoding: 'utf8' })
  process.kill(Number.parseInt(pids, 10), 'SIGKILL')
  await poll(() => linesOf(server, 'listening')).toHaveLength(3)
  expect(workersOf(linesOf(server, 'listening'))).toEqual([1, 2, 3])
  expect(new Set(linesOf(server, 'listening').map(({ url }) => url))).toEqual(new Set([server.url]))
  expect(server.output()).toContain('A worker of content ended (SIGKILL). Starting another …')
  await all
  expect(seqs).toEqual(Array.from({ length: 300 }, (_, i) => i + 1))
  expect(await client.balance('eve')).toMatchObject({ amount: 300 })
})
