import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createLedgerClient } from '@shared-ledger/client'
import { migrate } from '@shared-ledger/postgres'
import { copyProject, createTestDatabase } from '@shared-ledger/postgres/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AppProcess, startAppProcess } from './app-process.ts'

const database = await createTestDatabase()
const project = copyProject()
let servers: AppProcess[] = []
beforeAll(async () => {
  servers = await Promise.all(['content', 'freelance'].map((app) => startAppProcess(app, database.url)))
})
afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()))
  project.remove()
  await database.drop()
})

test("one app's migration disturbs no running server: neither the other app's, nor its own of the older version", async () => {
  const clients = servers.map((server) =>
    createLedgerClient({ url: `${server.url}/graphql`, retry: { attempts: 1 } }),
  )
  let posted = 0
  let migrated = false
  const postings = clients.map(async (client) => {
    while (!migrated) {
      const result = await client.postEntry({ ownerId: 'busy', operation: 'CREDIT_ADD', amount: 1 })
      expect(result.ok).toBe(true)
      posted += 1
    }
  })

  const folder = path.join(project.root, 'apps/content/prisma/migrations/20991231000000_add_boost')
  mkdirSync(folder)
  writeFileSync(
    path.join(folder, 'migration.sql'),
    `SELECT ledger.set_operations('content', (SELECT operations || ARRAY['CONTENT_BOOST'] FROM ledger.apps WHERE app = 'content'));
     ALTER TABLE contents ADD COLUMN boosted boolean NOT NULL DEFAULT false;`,
  )
  try {
    await migrate({ databaseUrl: database.url, root: project.root, apps: ['content'], log: () => {} })
  } finally {
    migrated = true
  }
  await Promise.all(postings)

  const balances = await Promise.all(clients.map((client) => client.balance('busy')))
  expect(balances.reduce((sum, { amount }) => sum + amount, 0)).toBe(posted)
  for (const client of clients) {
    expect(await client.postEntry({ ownerId: 'after', operation: 'CREDIT_ADD' })).toMatchObject({ ok: true })
  }
  expect(servers.map((server) => server.process.exitCode)).toEqual([null, null])
  expect(servers.map((server) => server.output()).join('')).not.toContain('"fault"')
})
