import { readFileSync } from 'node:fs'
import path from 'node:path'
import { findRoot } from '@shared-ledger/postgres'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type MigratedPostgres,
  startMigratedPostgres,
} from '../../packages/postgres/src/testing/migrated-postgres.ts'
import { type AppProcess, startAppProcess } from '../app-process.ts'
import { judge } from './judge.ts'
import { startPublishing } from './publishing.ts'
import { isFull, requestBoundMs } from './trial.ts'

let postgres: MigratedPostgres
let databaseUrl: string
let server: AppProcess
beforeAll(async () => {
  postgres = await startMigratedPostgres(findRoot(import.meta.dirname))
  databaseUrl = postgres.url(postgres.database)
  server = await startAppProcess('content', databaseUrl, {
    env: { REQUEST_TIMEOUT_MS: String(requestBoundMs) },
  })
})
afterAll(async () => {
  await server?.stop()
  await postgres?.remove()
})

const patience = { timeout: 120_000, interval: 20 }
const limit = 600_000

test(
  'restarts of PostgreSQL while contents are published lose nothing',
  async () => {
    const publishing = await startPublishing(server.url)
    const restarts = isFull ? 10 : 1
    for (let restart = 0; restart < restarts; restart++) {
      const before = publishing.acknowledged()
      await expect.poll(publishing.acknowledged, patience).toBeGreaterThan(before + 20)
      await postgres.stop()
      await postgres.start()
    }
    const before = publishing.acknowledged()
    await expect.poll(publishing.acknowledged, patience).toBeGreaterThan(before + 20)
    const counts = { 'restarts of PostgreSQL': restarts }
    await judge('restarts', { server, publishing, databaseUrl, counts })
  },
  limit,
)

/** Returns the server's processes: the one that accepts connections, and those that serve them. */
async function processesOf({ placement }: MigratedPostgres): Promise<number[]> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  const { rows } = await client.query<{ pid: number }>(
    'SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND client_addr IS NOT NULL',
  )
  await client.end()
  const main = readFileSync(path.join(placement.home, 'data', 'postmaster.pid'), 'utf8').split('\n')[0]
  return [Number(main), ...rows.map(({ pid }) => pid)]
}

test(
  'a PostgreSQL whose processes are stopped: 503 within the bound, then service again',
  async () => {
    const publishing = await startPublishing(server.url)
    await expect.poll(publishing.acknowledged, patience).toBeGreaterThan(20)
    const refusedBefore = publishing.statuses.get(503) ?? 0
    const pids = await processesOf(postgres)
    try {
      for (const pid of pids) process.kill(pid, 'SIGSTOP')
      await expect.poll(() => publishing.statuses.get(503) ?? 0, patience).toBeGreaterThan(refusedBefore)
      const health = await fetch(`${server.url}/health`)
      expect(health.status).toBe(503)
    } finally {
      for (const pid of pids) process.kill(pid, 'SIGCONT')
    }
    const before = publishing.acknowledged()
    await expect.poll(publishing.acknowledged, patience).toBeGreaterThan(before + 20)
    await judge('stopped processes', { server, publishing, databaseUrl })
  },
  limit,
)
