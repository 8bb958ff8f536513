import { createTestDatabase } from '@shared-ledger/postgres/testing'
import pg from 'pg'
import { afterAll } from 'vitest'
import {
  createLedger,
  createPool,
  defineOperations,
  type Operations,
  type PostingEvent,
  sharedOperations,
} from '../src/index.ts'

/** Operations that the template database declares for the app "content". */
export const operations = defineOperations({
  ...sharedOperations,
  CONTENT_CREATION: { amount: -5, description: 'The price of publishing a content.' },
  CONTENT_ACCESS: { amount: 0, description: 'Reading a content: free, but on record.' },
})

/** A database of this test file's own, with a ledger over it and a superuser's connection to attack it with. */
export async function openLedger() {
  const database = await createTestDatabase()
  const pool = createPool(database.url)
  const posted: PostingEvent[] = []
  const ledger = createLedger({ app: 'content', operations, pool, onPosting: (event) => posted.push(event) })
  const sql = new pg.Client({ connectionString: database.url })
  await sql.connect()

  afterAll(async () => {
    await sql.end()
    await ledger.close()
    await pool.end()
    await database.drop()
  })

  /** Another ledger as another process would have it: on connections of its own. */
  const another = <Ops extends Operations>(other: Ops) => {
    const otherPool = createPool(database.url)
    afterAll(() => otherPool.end())
    return createLedger({ app: 'content', operations: other, pool: otherPool })
  }

  return { database, pool, ledger, posted, sql, another }
}
