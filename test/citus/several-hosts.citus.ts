// A ledger whose DATABASE_URL names the coordinator and the workers: postings go to the node of the owner's shard, in
// calls of one shard each.
import {
  createLedger,
  createPool,
  defineOperations,
  sharedOperations,
  transferOperations,
} from '@shared-ledger/ledger'
import { withConnection } from '@shared-ledger/postgres'
import { createTestDatabase } from '@shared-ledger/postgres/testing'
import { afterAll, expect, test } from 'vitest'
import { brokenBooks } from '../../packages/ledger/test/open-ledger.ts'

const operations = defineOperations({ ...sharedOperations, ...transferOperations })
const owners = Array.from({ length: 200 }, (_, at) => `owner ${at}`)

const database = await createTestDatabase()
await withConnection(database.url, (sql) =>
  sql.query(
    `SELECT ledger.set_operations('nodes', ledger.shared_operations() || '{TRANSFER_OUT,TRANSFER_IN}'::text[])`,
  ),
)
const hosts = database.nodeUrls.map((url) => /@([^/]*)/.exec(url)?.[1])
const pool = createPool(database.url.replace(/@[^/]*/, `@${hosts.join()}`))
const ledger = createLedger({ app: 'nodes', operations, pool })
afterAll(async () => {
  await ledger.close()
  await pool.end()
  await database.drop()
})

const addToAll = (nonce: string) =>
  Promise.all(
    owners.map((ownerId) => ledger.postEntry({ ownerId, operation: 'CREDIT_ADD', amount: 1, nonce })),
  )

test("postings go to the owners' nodes, and each is posted once", async () => {
  await ledger.assertReady()
  for (const round of ['1', '2', '3', '4']) {
    const outcomes = [...(await addToAll(round)), ...(await addToAll(round))]
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(owners.length)
  }
  const connected = await Promise.all(
    database.nodeUrls.map((url) =>
      withConnection(url, async (sql) => {
        const { rows } = await sql.query(
          `SELECT count(*)::int AS count FROM pg_stat_activity
            WHERE datname = current_database() AND query LIKE 'SELECT ledger.post_nodes(%' AND application_name LIKE 'shared-ledger %'`,
        )
        return rows[0].count > 0
      }),
    ),
  )
  expect(connected.slice(1)).toEqual(database.nodeUrls.slice(1).map(() => true))
})

test('transfers over nodes and postings for their owners go on at once', async () => {
  const transfers = owners.map((from, at) =>
    ledger.transfer({
      from,
      to: owners[(at * 7 + 1) % owners.length] ?? '',
      amount: 1,
      nonce: `across ${at}`,
    }),
  )
  const outcomes = await Promise.all([...transfers, addToAll('beside')])
  expect(outcomes.flat().filter(({ ok }) => !ok)).toEqual([])
  expect(await withConnection(database.url, brokenBooks)).toEqual([])
})
