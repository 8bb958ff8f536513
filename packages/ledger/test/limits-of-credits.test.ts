import { afterAll, describe, expect, test } from 'vitest'
import { createLedger, defineOperations, sharedOperations } from '../src/index.ts'
import { brokenBooks, openGames, stopClockAt } from './open-ledger.ts'

const { pool, sql } = await openGames()
const out = { min: -1_000, max: -1 } as const
const operations = defineOperations({
  ...sharedOperations,
  SPENT_DAILY: { amount: out, limit: { credits: 50, per: 'day' } },
  GIVEN_EVER: { amount: { min: 1, max: 1_000 }, limit: { credits: 100, per: 'lifetime' } },
  BOTH: { amount: out, limit: { times: 2, credits: 50, per: 'day' } },
  ANCHORED: { amount: out, limit: { credits: 50, per: 'day', anchored: true } },
  ANCHORED_TWICE: { amount: { min: 1, max: 9 }, limit: { times: 2, per: 'hour', anchored: true } },
})
await sql.query(`SELECT ledger.set_operations('games', $1)`, [Object.keys(operations)])
const ledgers = [1, 2].map(() => createLedger({ app: 'games', operations, pool }))
const [ledger = ledgers[1]!] = ledgers
afterAll(() => Promise.all(ledgers.map((each) => each.close())))

type Limited = 'SPENT_DAILY' | 'GIVEN_EVER' | 'BOTH' | 'ANCHORED' | 'ANCHORED_TWICE'
let nonces = 0
const post = (ownerId: string, operation: Limited | 'CREDIT_ADD', amount: number) =>
  ledger.postEntry({ ownerId, operation, amount, nonce: `${operation} ${++nonces}` })

/** Posts at a moment. Returns 'ok', or when the next one is possible. */
async function postAt(moment: string, ownerId: string, operation: Limited, amount: number) {
  await stopClockAt(sql, moment)
  const result = await post(ownerId, operation, amount)
  if (result.ok) return 'ok'
  if (result.error.code === 'LIMIT_REACHED') return result.error.nextOn?.toISOString() ?? null
  throw result.error
}

describe('a limit of credits', () => {
  test('counts the credits of a window of the calendar', async () => {
    await postAt('2026-11-22T00:00Z', 'ada', 'GIVEN_EVER', 100)
    expect(await postAt('2026-11-22T10:00Z', 'ada', 'SPENT_DAILY', 30)).toBe('ok')
    expect(await postAt('2026-11-22T11:00Z', 'ada', 'SPENT_DAILY', 21)).toBe('2026-11-23T00:00:00.000Z')
    expect(await postAt('2026-11-22T11:00Z', 'ada', 'SPENT_DAILY', 20)).toBe('ok')
    expect(await postAt('2026-11-22T23:59:59.999Z', 'ada', 'SPENT_DAILY', 1)).toBe('2026-11-23T00:00:00.000Z')
    expect(await postAt('2026-11-23T00:00Z', 'ada', 'SPENT_DAILY', 50)).toBe('ok')
  })

  test('of a lifetime never ends', async () => {
    expect(await postAt('2026-11-22T00:00Z', 'bob', 'GIVEN_EVER', 60)).toBe('ok')
    expect(await postAt('2030-01-01T00:00Z', 'bob', 'GIVEN_EVER', 41)).toBeNull()
    expect(await postAt('2030-01-01T00:00Z', 'bob', 'GIVEN_EVER', 40)).toBe('ok')
  })

  test('goes with one of times', async () => {
    await postAt('2026-11-22T00:00Z', 'cyd', 'GIVEN_EVER', 100)
    const next = '2026-11-23T00:00:00.000Z'
    expect(await postAt('2026-11-22T01:00Z', 'cyd', 'BOTH', 51)).toBe(next)
    expect(await postAt('2026-11-22T01:00Z', 'cyd', 'BOTH', 1)).toBe('ok')
    expect(await postAt('2026-11-22T01:00Z', 'cyd', 'BOTH', 1)).toBe('ok')
    expect(await postAt('2026-11-22T01:00Z', 'cyd', 'BOTH', 1)).toBe(next)
  })

  test('counts holds and reversed entries, and no captures, reversals and refunds', async () => {
    await postAt('2026-11-22T00:00Z', 'dee', 'GIVEN_EVER', 100)
    const hold = await ledger.holdCredits({
      ...{ ownerId: 'dee', operation: 'SPENT_DAILY', amount: 30, nonce: 'h', expiresIn: 600 },
    })
    if (!hold.ok) throw hold.error
    expect(await post('dee', 'SPENT_DAILY', 21)).toMatchObject({ error: { code: 'LIMIT_REACHED' } })
    expect(await ledger.captureHold({ id: hold.hold.id, amount: 10, nonce: 'c' })).toMatchObject({ ok: true })
    const spent = await post('dee', 'SPENT_DAILY', 20)
    if (!spent.ok) throw spent.error
    const reversal = { id: spent.entry.transactionId, nonce: 'r' }
    expect(await ledger.reverseTransaction(reversal)).toMatchObject({ ok: true })
    expect(await post('dee', 'SPENT_DAILY', 1)).toMatchObject({ error: { code: 'LIMIT_REACHED' } })
  })

  test('counts the entries of the same transaction and the same list', async () => {
    await postAt('2026-11-22T00:00Z', 'eve', 'GIVEN_EVER', 100)
    const entry = { ownerId: 'eve', operation: 'SPENT_DAILY', amount: 30 } as const
    expect(await ledger.postTransaction({ nonce: 't', entries: [entry, entry] })).toMatchObject({
      error: { code: 'LIMIT_REACHED', entryIndex: 1 },
    })
    const list = await ledger.postEntries(['1', '2'].map((nonce) => ({ ...entry, nonce })))
    expect(list).toMatchObject([{ ok: true }, { error: { code: 'LIMIT_REACHED' } }])
  })

  test('holds when many come at once, from two processes', async () => {
    await postAt('2026-11-22T00:00Z', 'race', 'GIVEN_EVER', 100)
    const outcomes = await Promise.all(
      Array.from({ length: 40 }, (_, at) =>
        ledgers[at % 2]?.postEntry({ ownerId: 'race', operation: 'SPENT_DAILY', amount: 3, nonce: `${at}` }),
      ),
    )
    expect(outcomes.filter((outcome) => outcome?.ok)).toHaveLength(16)
    expect(await brokenBooks(sql)).toEqual([])
  })
})

describe('an anchored window', () => {
  test('begins with the first posting that counts', async () => {
    await postAt('2026-11-22T00:00Z', 'ann', 'GIVEN_EVER', 100)
    expect(await postAt('2026-11-22T15:30Z', 'ann', 'ANCHORED', 30)).toBe('ok')
    expect(await postAt('2026-11-23T00:00Z', 'ann', 'ANCHORED', 30)).toBe('2026-11-23T15:30:00.000Z')
    expect(await postAt('2026-11-23T15:29:59.999Z', 'ann', 'ANCHORED', 20)).toBe('ok')
    expect(await postAt('2026-11-23T15:29:59.999Z', 'ann', 'ANCHORED', 1)).toBe('2026-11-23T15:30:00.000Z')
    expect(await postAt('2026-11-23T15:30Z', 'ann', 'ANCHORED', 45)).toBe('ok')
    expect(await postAt('2026-11-24T15:29:59.999Z', 'ann', 'ANCHORED', 6)).toBe('2026-11-24T15:30:00.000Z')
  })

  test('begins anew with the next posting, whenever that comes', async () => {
    const at = (moment: string) => postAt(moment, 'ben', 'ANCHORED_TWICE', 1)
    expect(await at('2026-11-22T10:00Z')).toBe('ok')
    expect(await at('2026-11-22T11:50Z')).toBe('ok')
    expect(await at('2026-11-22T12:10Z')).toBe('ok')
    expect(await at('2026-11-22T12:20Z')).toBe('2026-11-22T12:50:00.000Z')
    expect(await at('2026-11-22T12:50Z')).toBe('ok')
  })

  test('is not begun by what is refused', async () => {
    expect(await post('poor', 'ANCHORED', 5)).toMatchObject({ error: { code: 'INSUFFICIENT_BALANCE' } })
    await postAt('2026-11-22T00:00Z', 'poor', 'GIVEN_EVER', 100)
    const broke = { ownerId: 'nobody', operation: 'CREDIT_SPEND', amount: 1 } as const
    const entries = [{ ownerId: 'poor', operation: 'ANCHORED', amount: 50 } as const, broke]
    expect(await ledger.postTransaction({ nonce: 't', entries })).toMatchObject({
      error: { code: 'INSUFFICIENT_BALANCE', entryIndex: 1 },
    })
    expect(await postAt('2026-11-22T10:00Z', 'poor', 'ANCHORED', 50)).toBe('ok')
    expect(await postAt('2026-11-23T09:59Z', 'poor', 'ANCHORED', 1)).toBe('2026-11-23T10:00:00.000Z')
  })

  test('is begun by a hold', async () => {
    await postAt('2026-11-22T10:00Z', 'held', 'GIVEN_EVER', 100)
    const input = { ownerId: 'held', operation: 'ANCHORED', amount: 50, nonce: 'h', expiresIn: 600 } as const
    expect(await ledger.holdCredits(input)).toMatchObject({ ok: true })
    expect(await postAt('2026-11-22T20:00Z', 'held', 'ANCHORED', 1)).toBe('2026-11-23T10:00:00.000Z')
  })
})

test.each([
  ['nothing', { per: 'day' }],
  ['half a credit', { credits: 0.5, per: 'day' }],
  ['no credits', { credits: 0, per: 'day' }],
  ['an anchored month', { times: 1, per: 'month', anchored: true }],
])('a limit of %s cannot be defined', (_what, limit) => {
  const unchecked = { ...sharedOperations, LIMITED: { amount: -5, limit } } as never
  expect(() => defineOperations(unchecked)).toThrow(/^These operations cannot be used:\n- LIMITED: /)
})

test('a limit of credits needs credits that move', () => {
  const limit = { credits: 5, per: 'day' } as const
  expect(() => defineOperations({ ...sharedOperations, VISIT: { amount: 0, limit } })).toThrow(
    /moves no credits/,
  )
})
