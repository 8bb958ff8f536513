import { setTimeout as sleep } from 'node:timers/promises'
import { createTestDatabase } from '@shared-ledger/postgres/testing'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AppProcess, startAppProcess } from '../app-process.ts'
import { judge } from './judge.ts'
import { startPublishing } from './publishing.ts'
import { isFull } from './trial.ts'

const database = await createTestDatabase()
const sql = new pg.Client({ connectionString: database.url })
let server: AppProcess
beforeAll(async () => {
  await sql.connect()
  server = await startAppProcess('content', database.url)
})
afterAll(async () => {
  await server?.stop()
  await sql.end()
  await database.drop()
})

/** Ends connections of the server: all, or at most `limit`. Returns how many. */
async function endConnections(limit: number | null): Promise<number> {
  const { rowCount } = await sql.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid() ORDER BY random() LIMIT $1`,
    [limit],
  )
  return rowCount ?? 0
}

test('connections that end while contents are published end no process, and lose nothing', async () => {
  const publishing = await startPublishing(server.url)
  const total = isFull ? 1_000 : 40
  let ended = 0
  for (let round = 1; ended < total && publishing.faults.length === 0; round++) {
    ended += await endConnections(round % 10 === 0 ? null : 1)
    await sleep(50)
    // Some contents must be published in between, however busy the machine is.
    const before = publishing.acknowledged()
    for (let waited = 0; waited < 500 && publishing.acknowledged() === before; waited += 10) await sleep(10)
  }
  const before = publishing.acknowledged()
  await expect.poll(publishing.acknowledged, { timeout: 60_000 }).toBeGreaterThan(before)
  await judge('connections ended', {
    server,
    publishing,
    databaseUrl: database.url,
    counts: { 'connections ended': ended },
  })
}, 600_000)
