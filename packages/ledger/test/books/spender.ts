// A process of an app that shares a book. It is told its app and what to post, says that it is ready, and posts all at
// once when it is told to.
import { createLedger, createPool, defineOperations, sharedOperations } from '../../src/index.ts'

/** What the process is told by its argument. */
export interface Spending {
  readonly databaseUrl: string
  readonly app: string
  readonly book: string
  readonly ownerId: string
  readonly nonces: readonly string[]
}

const { databaseUrl, app, book, ownerId, nonces }: Spending = JSON.parse(process.argv[2] ?? '')
const operations = defineOperations({ ...sharedOperations, SHARED_SPEND: { amount: -1, book } })
const pool = createPool(databaseUrl)
const ledger = createLedger({ app, operations, pool })

process.once('message', async () => {
  const results = await Promise.all(
    nonces.map((nonce) => ledger.postEntry({ ownerId, operation: 'SHARED_SPEND', nonce })),
  )
  process.send?.(results.map((result) => (result.ok ? 'posted' : result.error.code)))
  await ledger.close()
  await pool.end()
  process.disconnect()
})
await ledger.assertReady()
process.send?.('ready')
