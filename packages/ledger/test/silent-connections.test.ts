import { createTestDatabase, startTcpProxy } from '@shared-ledger/postgres/testing'
import { afterAll, expect, test, vi } from 'vitest'
import { readBounds } from '../src/database/bounds.ts'
import { createPool } from '../src/index.ts'

const database = await createTestDatabase()
const proxy = await startTcpProxy(database.url)
vi.stubEnv('REQUEST_TIMEOUT_MS', '5000')
const pool = createPool(proxy.url)
pool.options.idleTimeoutMillis = 0 // so that only the tested code closes connections
afterAll(async () => {
  await pool.end()
  await proxy.close()
  await database.drop()
})

const messageOf = (unanswered: Promise<unknown>) =>
  unanswered.then(
    () => 'answered',
    (error: Error) => error.message,
  )

/** Opens two connections and uses them. No other test has them. */
async function openTwo() {
  const clients = await Promise.all([pool.connect(), pool.connect()])
  for (const client of clients) await client.query('SELECT')
  return clients
}

test('when an answer does not come, idle connections that were silent since then are closed, and others stay', async () => {
  const [first, second] = await openTwo()
  proxy.silence()
  const unanswered = messageOf(first.query('SELECT'))
  const later = await pool.connect()
  await later.query('SELECT')
  second.release()
  later.release()
  expect(pool.idleCount).toBe(2)

  expect(await unanswered).toBe('Query read timeout')
  await expect.poll(() => pool.idleCount).toBe(1)
  expect(await pool.connect()).toBe(later)
  later.release(true)
  first.release(true)
  expect(pool.totalCount).toBe(0)
})

test('the same applies to queries of the pool itself, as for postings', async () => {
  for (const client of await openTwo()) client.release()
  proxy.silence()
  const unanswered = messageOf(pool.query('SELECT'))
  const second = await pool.connect()
  const later = await pool.connect()
  await new Promise<void>((resolve, reject) => {
    later.query('SELECT', (error) => (error ? reject(error) : resolve()))
  })
  second.release()
  later.release()
  expect(pool.idleCount).toBe(2)

  expect(await unanswered).toBe('Query read timeout')
  await expect.poll(() => pool.totalCount).toBe(1)
  expect(await pool.connect()).toBe(later)
  later.release(true)
})

test('a connection that the network lost is soon closed or found, in use or idle', () => {
  const { idleTimeoutMillis } = createPool(proxy.url).options
  expect(idleTimeoutMillis).toBeGreaterThan(0)
  expect(Number(idleTimeoutMillis) + readBounds('10000').query).toBeLessThan(15_000)
})
