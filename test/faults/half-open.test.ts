import { createTestDatabase, startTcpProxy, type TcpProxy } from '@shared-ledger/postgres/testing'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AppProcess, startAppProcess } from '../app-process.ts'
import { judge } from './judge.ts'
import { startPublishing } from './publishing.ts'
import { isFull, requestBoundMs } from './trial.ts'

const database = await createTestDatabase()
let proxy: TcpProxy
let server: AppProcess
beforeAll(async () => {
  proxy = await startTcpProxy(database.url)
  server = await startAppProcess('content', proxy.url, {
    env: { REQUEST_TIMEOUT_MS: String(requestBoundMs) },
  })
})
afterAll(async () => {
  await server?.stop()
  await proxy?.close()
  await database.drop()
})

const patience = { timeout: 120_000, interval: 20 }
const limit = 600_000

test(
  'connections that fall silent while new ones work: service again by itself, and no account stays locked',
  async () => {
    const publishing = await startPublishing(server.url)
    await expect.poll(publishing.acknowledged, patience).toBeGreaterThan(20)
    for (let round = 0; round < (isFull ? 4 : 1); round++) {
      proxy.silence()
      const before = publishing.acknowledged()
      await expect.poll(publishing.acknowledged, patience).toBeGreaterThan(before + 20)
    }
    await judge('connections that fall silent', { server, publishing, databaseUrl: database.url })
    const client = new pg.Client({ connectionString: database.url })
    await client.connect()
    await client.query("SET lock_timeout = '1ms'; SELECT FROM ledger.accounts FOR UPDATE")
    await client.end()
  },
  limit,
)

test(
  'a network that carries nothing: 503 within the bound, then service again',
  async () => {
    const publishing = await startPublishing(server.url)
    await expect.poll(publishing.acknowledged, patience).toBeGreaterThan(20)
    proxy.silenceAll()
    const since = performance.now()
    const refusedBefore = publishing.statuses.get(503) ?? 0
    const isOver = () => performance.now() - since > (isFull ? 60_000 : requestBoundMs)
    await expect
      .poll(() => isOver() && (publishing.statuses.get(503) ?? 0) > refusedBefore, patience)
      .toBe(true)
    proxy.carry()
    const before = publishing.acknowledged()
    await expect.poll(publishing.acknowledged, patience).toBeGreaterThan(before + 20)
    await judge('a network that carries nothing', { server, publishing, databaseUrl: database.url })
  },
  limit,
)
