import { readFileSync } from 'node:fs'
import path from 'node:path'
import { createTestDatabase } from '@shared-ledger/postgres/testing'
import { afterAll, expect, test } from 'vitest'
import { type AppProcess, startAppProcess } from '../../test/app-process.ts'
import { runCommand } from './command.ts'
import { root } from './markdown.ts'
import { copyProject } from './project-copy.ts'
import { runSql } from './servers.ts'

// Two versions of content as processes on one database. The newer one has CONTENT_BOOST, and the migration for it.
const database = await createTestDatabase()
const [older, newer] = [copyProject(), copyProject()]
const servers: AppProcess[] = []
afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()))
  for (const project of [older, newer]) project.remove()
  await database.drop()
})

const operationsFile = 'apps/content/src/operations.ts'
const boost = "  CONTENT_BOOST: { amount: -2, description: 'Showing a content on top for a day.' },\n})"
newer.write(
  operationsFile,
  readFileSync(path.join(root, operationsFile), 'utf8').replace(/\}\)\s*$/, `${boost}\n`),
)
newer.write(
  'apps/content/prisma/migrations/29990101000000_boost/migration.sql',
  `SELECT ledger.set_operations('content',
     (SELECT operations || ARRAY['CONTENT_BOOST'] FROM ledger.apps WHERE app = 'content'));`,
)

async function start(project: string): Promise<AppProcess> {
  const env = { DRAIN_SECONDS: '1' }
  const server = await startAppProcess('content', database.url, { project, workers: 1, env })
  servers.push(server)
  return server
}

const headers = { 'content-type': 'application/json' }
const send = async (server: AppProcess, where: string, body: object) => {
  const response = await fetch(`${server.url}${where}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  })
  return { status: response.status, json: await response.json() }
}
const post = (server: AppProcess, fields: object) =>
  send(server, '/ledger', { owner_id: 'ann', operation: 'CREDIT_ADD', amount: 1, ...fields })

/**
 * Posts without a pause, each posting to the first server that accepts a connection, with the same nonce. Clients
 * behind a load balancer do this.
 */
function keepPosting(targets: () => readonly AppProcess[]) {
  const statuses = new Map<string, number>()
  let goesOn = true
  const one = async (nonce: string) => {
    for (const server of targets()) {
      const answer = await post(server, { nonce }).catch(() => undefined)
      if (answer) return answer.status
    }
    return 0
  }
  const caller = async () => {
    while (goesOn) {
      const nonce = crypto.randomUUID()
      statuses.set(nonce, await one(nonce))
    }
  }
  const callers = Promise.all(Array.from({ length: 8 }, caller))
  return {
    statuses,
    async end() {
      goesOn = false
      await callers
    },
  }
}

test('an old and a new server together lose nothing while the database is migrated and the old one is replaced', async () => {
  const old = await start(older.root)
  let targets = [old]
  const load = keepPosting(() => targets)
  await expect.poll(() => load.statuses.size).toBeGreaterThan(50)

  const migrated = await runCommand('npx shared-ledger migrate content', newer.root, {
    DATABASE_URL: database.url,
  })
  expect(migrated.exitCode, migrated.output).toBe(0)
  const next = await start(newer.root)
  targets = [next, old]
  const boosted = await post(next, { operation: 'CONTENT_BOOST', amount: 2, nonce: 'boost' })
  expect(boosted).toMatchObject({ status: 200, json: { entry: { operation: 'CONTENT_BOOST', amount: -2 } } })

  // The old one reads what it does not know, posts what both know, and refuses the rest.
  const query = '{ ledgerEntryByNonce(ownerId: "ann", nonce: "boost") { operation operationName amount } }'
  expect(await send(old, '/graphql', { query })).toMatchObject({
    json: { data: { ledgerEntryByNonce: { operation: null, operationName: 'CONTENT_BOOST', amount: -2 } } },
  })
  expect(await post(old, { nonce: 'still' })).toMatchObject({ status: 200 })
  expect(await post(old, { operation: 'CONTENT_BOOST', amount: 2, nonce: 'no' })).toMatchObject({
    status: 422,
  })

  targets = [old, next]
  const before = load.statuses.size
  await expect.poll(() => load.statuses.size).toBeGreaterThan(before + 50)
  await old.stop()
  const after = load.statuses.size
  await expect.poll(() => load.statuses.size).toBeGreaterThan(after + 50)

  // The old version is deployed again: it starts, logs what it lacks, and serves.
  const again = await start(older.root)
  expect(again.output()).toContain(
    "This server's code lacks operations that the database declares for the app content: CONTENT_BOOST.",
  )
  expect(await post(again, { nonce: 'back' })).toMatchObject({ status: 200 })
  await load.end()

  // After a lost answer, the nonce gives 409 for the same posting, which was made.
  expect([...load.statuses.values()].filter((status) => status !== 200 && status !== 409)).toEqual([])
  const rows = await runSql(database.url, "SELECT nonce FROM ledger.entries WHERE operation = 'CREDIT_ADD'")
  expect(rows.length).toBe(load.statuses.size + 2)
  const verified = await runCommand('npx shared-ledger verify content', newer.root, {
    DATABASE_URL: database.url,
  })
  expect(verified.exitCode, verified.output).toBe(0)
})
