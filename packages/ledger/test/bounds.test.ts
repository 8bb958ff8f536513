import { setTimeout as sleep } from 'node:timers/promises'
import { startTcpProxy } from '@shared-ledger/postgres/testing'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { readBounds } from '../src/database/bounds.ts'
import { createLedgerClient } from '../src/database/database.ts'
import { createLedger, createPool, ledgerErrorOf } from '../src/index.ts'
import { openLedger, operations } from './open-ledger.ts'

const { database, ledger, sql } = await openLedger()
const proxy = await startTcpProxy(database.url)
vi.stubEnv('REQUEST_TIMEOUT_MS', '3000')
const pool = createPool(proxy.url)
const distant = createLedger({ app: 'content', operations, pool })
const prisma = createLedgerClient(pool)
vi.unstubAllEnvs()
afterAll(async () => {
  await prisma.$disconnect()
  await distant.close()
  await pool.end()
  await proxy.close()
})
afterEach(async () => {
  await expect.poll(() => pool.totalCount - pool.idleCount).toBe(0)
})

let count = 0
const posting = (ownerId: string) => ({ ownerId, operation: 'CREDIT_ADD', nonce: `n${++count}` }) as const
const unavailable = { code: 'DATABASE_UNAVAILABLE', retryable: true }

describe('REQUEST_TIMEOUT_MS', () => {
  test('is 15 s by default, and every wait within a request has a lower limit', () => {
    const { request, transaction, query, statement, lock } = readBounds('')
    expect(request).toBe(15_000)
    expect([lock, statement, query, transaction, request]).toEqual(
      [lock, statement, query, transaction, request].sort((one, other) => one - other),
    )
  })

  test.each(['soon', '999', '3600001', '1500.5', '-1'])('%s is refused by name', (given) => {
    expect(() => readBounds(given)).toThrow(/^REQUEST_TIMEOUT_MS must be .* not "/)
  })
})

describe('a connection that falls silent', () => {
  test('fails its current query, and is closed', async () => {
    await distant.balance('ada')
    const silent = pool.query('SELECT pg_sleep(0.5)')
    await expect.poll(() => pool.idleCount).toBe(0)
    proxy.silence()
    expect(ledgerErrorOf(await silent.catch((error) => error))).toMatchObject(unavailable)
    expect(pool.totalCount).toBe(0)
    expect(await distant.balance('ada')).toMatchObject({ amount: 0 })
  })

  test("fails the app's own transaction, whose account is free for others by then", async () => {
    const running = prisma.$transaction(async (tx) => {
      await distant.postEntry(posting('locked'), { tx })
      proxy.silence()
      await tx.$queryRaw`SELECT 1`
    })
    expect(ledgerErrorOf(await running.catch((error) => error))).toMatchObject(unavailable)
    expect(await ledger.postEntry(posting('locked'))).toMatchObject({ ok: true, balance: { amount: 10 } })
  })
})

test("an app's own transaction whose callback hangs is rolled back, and its account is free", async () => {
  const hanging = prisma.$transaction(async (tx) => {
    await distant.postEntry(posting('hanging'), { tx })
    await sleep(readBounds('3000').transaction + 500)
    await distant.postEntry(posting('hanging'), { tx })
  })
  expect(ledgerErrorOf(await hanging.catch((error) => error))).toMatchObject(unavailable)
  expect(await ledger.postEntry(posting('hanging'))).toMatchObject({ ok: true, balance: { amount: 10 } })
})

test('PostgreSQL is configured to notice clients that are gone', async () => {
  const { rows } = await pool.query('SHOW tcp_keepalives_idle')
  expect(rows).toEqual([{ tcp_keepalives_idle: '10' }])
})

test('a connection that returns to the pool inside a transaction is not used again', async () => {
  const client = await pool.connect()
  await client.query('BEGIN')
  await client.query('SELECT pg_advisory_xact_lock(77)')
  client.release()
  const isFree = async () => (await sql.query('SELECT pg_try_advisory_xact_lock(77) AS free')).rows[0].free
  await expect.poll(isFree).toBe(true)
})
