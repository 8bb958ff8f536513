import { createTestDatabase, startTcpProxy } from '@shared-ledger/postgres/testing'
import { afterAll, expect, test, vi } from 'vitest'
import { createPool } from '../src/index.ts'

const database = await createTestDatabase()
const proxy = await startTcpProxy(database.url)
vi.stubEnv('REQUEST_TIMEOUT_MS', '5000')
const pool = createPool(proxy.url)
afterAll(async () => {
  await pool.end()
  await proxy.close()
  await database.drop()
})

test('where one answer does not come, idle connections that carried nothing since are closed, and others stay', async () => {
  const [first, second] = await Promise.all([pool.connect(), pool.connect()])
  for (const client of [first, second]) await client.query('SELECT')
  proxy.silence()
  const unanswered = first.query('SELECT').then(
    () => 'answered',
    (error: Error) => error.message,
  )
  const later = await pool.connect()
  await later.query('SELECT')
  second.release()
  later.release()
  expect(pool.idleCount).toBe(2)

  expect(await unanswered).toBe('Query read timeout')
  await expect.poll(() => pool.idleCount).toBe(1)
  expect(await pool.connect()).toBe(later)
  await later.query('SELECT')
  later.release()
  first.release(true)
  expect(pool.totalCount).toBe(1)
})
