import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { sqlVersion } from '../src/database/version.ts'
import { connectionName, processOf } from '../src/status/process-name.ts'
import { noteVerification, verifyLedger } from '../src/verify/verify.ts'
import { openLedger } from './open-ledger.ts'

const { ledger, sql, database } = await openLedger()

describe('the status', () => {
  test('says how the server and its database are', async () => {
    const before = await ledger.status()
    expect(before).toMatchObject({
      ...{ app: 'content', version: expect.stringMatching(/^\d+\.\d+\.\d+/), sqlVersion },
      database: { version: expect.stringMatching(/^\d+/), sqlVersion, readOnly: false },
      ...{ postingsWaiting: 0, refusals: [], lastVerify: null },
    })
    expect(before.startedOn.getTime()).toBeLessThan(Date.now())
    expect(before.pool.open).toBeGreaterThan(0)
  })

  test('counts postings of this minute, their calls, and refusals by code', async () => {
    const spend = { ownerId: 'ada', operation: 'CREDIT_SPEND', amount: 5 } as const
    for (const nonce of ['1', '2']) {
      await ledger.postEntry({ ownerId: 'ada', operation: 'CREDIT_ADD', amount: 1, nonce })
    }
    await ledger.postEntry({ ...spend, nonce: '3' })
    await ledger.postEntry({ ...spend, nonce: '4' })
    await ledger.postEntry({ ownerId: 'ada', operation: 'CREDIT_ADD', amount: 9, nonce: '1' })
    const { postingsPerMinute, refusals, batchSize, latencyMs } = await ledger.status()
    expect(postingsPerMinute).toHaveLength(60)
    expect(postingsPerMinute.reduce((sum, { count }) => sum + count, 0)).toBe(2)
    const starts = postingsPerMinute.map(({ minute }) => minute.getTime())
    expect(starts).toEqual(starts.map((_, index) => (starts[0] ?? 0) + index * 60_000))
    expect(refusals).toEqual([
      { code: 'INSUFFICIENT_BALANCE', count: 2 },
      { code: 'DUPLICATE_NONCE', count: 1 },
    ])
    expect(batchSize).toBe(1)
    expect(latencyMs?.p50).toBeGreaterThan(0)
    expect(latencyMs?.p99).toBeGreaterThanOrEqual(latencyMs?.p50 ?? 0)
  })

  test('names the processes that are connected', async () => {
    const other = new pg.Client({
      connectionString: database.directUrl,
      application_name: 'shared-ledger web-2/17 2026-11-30T10:00:00Z',
    })
    const foreign = new pg.Client({
      connectionString: database.directUrl,
      application_name: 'shared-ledger x',
    })
    await other.connect()
    await foreign.connect()
    const { servers } = await ledger.status()
    expect(servers).toContainEqual({
      ...{ name: 'web-2/17', startedOn: new Date('2026-11-30T10:00:00Z'), connections: 1 },
    })
    const own = processOf(connectionName)
    expect(servers).toContainEqual({ ...own, connections: expect.any(Number) })
    expect(servers).toHaveLength(2)
    await other.end()
    await foreign.end()
  })

  test('has the last verification of the app', async () => {
    const verification = await verifyLedger(sql, { apps: ['content'] })
    expect(await noteVerification(sql, verification)).toBe(true)
    const { lastVerify } = await ledger.status()
    expect(lastVerify).toEqual({ on: expect.any(Date), ok: true, questions: verification.answers.length })
    await sql.query('SET default_transaction_read_only = on')
    expect(await noteVerification(sql, verification)).toBe(false)
    await sql.query('SET default_transaction_read_only = off')
    expect((await ledger.status()).lastVerify).toEqual(lastVerify)
  })
})

test.each([
  'psql',
  'shared-ledger',
  'shared-ledger a/1 yesterdayZ',
  'shared-ledger a/b 2026-11-30T10:00:00Z',
])('a connection called %s is of no server', (name) => {
  expect(processOf(name)).toBeUndefined()
})

test('a name fits into what PostgreSQL keeps', () => {
  expect(Buffer.byteLength(connectionName)).toBeLessThanOrEqual(63)
})
