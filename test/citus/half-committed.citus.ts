// While a transaction is committed on some nodes and prepared on others, reads see a half of it. Nothing may be posted on
// such a view.
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

const database = await createTestDatabase()
await withConnection(database.url, (sql) =>
  sql.query(
    `SELECT ledger.set_operations('halves', ledger.shared_operations() || '{TRANSFER_OUT,TRANSFER_IN}'::text[])`,
  ),
)
const operations = defineOperations({ ...sharedOperations, ...transferOperations })
const pool = createPool(database.url)
pool.options.lock_timeout = 2_000
const ledger = createLedger({ app: 'halves', operations, pool })
afterAll(async () => {
  await ledger.close()
  await pool.end()
  await database.drop()
})

test('a reversal waits until what the nodes have prepared is committed, and no longer than for a lock', async () => {
  await ledger.postEntry({ ownerId: 'ada', operation: 'CREDIT_ADD', amount: 5, nonce: '1' })
  const transfer = await ledger.transfer({ from: 'ada', to: 'ben', amount: 3, nonce: '2' })
  if (!transfer.ok) throw new Error('not posted')
  const reverse = () => ledger.reverseTransaction({ id: transfer.transaction.id, nonce: '3' })
  const [, worker = ''] = database.nodeUrls
  // Of a node that the cluster does not have, so that no node ends it.
  const gid = 'citus_4711_1_2_3'
  await withConnection(worker, async (sql) => {
    await sql.query('BEGIN')
    await sql.query('CREATE TABLE half ()')
    await sql.query(`PREPARE TRANSACTION '${gid}'`)
  })
  try {
    await expect(reverse()).rejects.toMatchObject({ code: 'ACCOUNT_BUSY' })
  } finally {
    await withConnection(worker, (sql) => sql.query(`ROLLBACK PREPARED '${gid}'`))
  }
  expect(await reverse()).toMatchObject({ ok: true })
  expect(await ledger.balance('ada')).toMatchObject({ amount: 5 })
})
