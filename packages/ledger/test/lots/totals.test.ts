import { describe, expect, test } from 'vitest'
import { openLots } from './stage.ts'

const { ledger, post, moveClock, sql } = await openLots('2026-11-01T10:00Z')

const dayMs = 86_400_000
const from = new Date('2026-10-30T00:00Z')

/** Returns the sum of all balances at a moment, as the balances of all owners say. */
async function sumAt(moment: Date): Promise<number> {
  const { rows } = await sql.query<{ owner_id: string }>('SELECT owner_id FROM ledger.accounts')
  const balances = await Promise.all(rows.map(({ owner_id }) => ledger.balanceAt(owner_id, moment)))
  return balances.reduce((sum, { amount }) => sum + amount, 0)
}

async function expectOutstanding(to: string, now: string): Promise<void> {
  const lines = await ledger.outstanding({ from, to: new Date(to), per: 'DAY' })
  const last = Math.min(Date.parse(to) - 1, Date.parse(now))
  expect(lines.map(({ start }) => start.getTime())).toEqual(
    lines.map((_, day) => from.getTime() + day * dayMs),
  )
  expect(lines).toHaveLength(Math.floor((last - from.getTime()) / dayMs) + 1)
  for (const { start, amount } of lines) {
    const end = new Date(Math.min(start.getTime() + dayMs - 1, last))
    expect([end, amount]).toEqual([end, await sumAt(end)])
  }
}

describe('what all accounts have together', () => {
  test('is nothing in an empty book', async () => {
    expect(await ledger.totals()).toEqual({
      ...{ book: 'games', accounts: 0, amount: 0, held: 0, overdraft: 0, frozen: 0, closed: 0 },
    })
    expect(await ledger.outstanding({ from, to: new Date('2026-11-01T12:00Z'), per: 'DAY' })).toMatchObject([
      { amount: 0 },
      { amount: 0 },
      { amount: 0 },
    ])
  })

  test('at each day is the sum of their balances then, also of what has expired and what holds keep', async () => {
    await post('ann', 'BOUGHT', 100)
    await post('ann', 'GIFT', 40, '2026-11-04T12:00Z')
    await moveClock('2026-11-02T10:00Z')
    await post('bob', 'GIFT', 30, '2026-11-05T12:00Z')
    await post('cat', 'CREDIT_ADD', 7)
    const held = await ledger.holdCredits({
      ...{ ownerId: 'bob', operation: 'SPENT', amount: 20, nonce: 'hold', expiresIn: 6 * 86_400 },
    })
    expect(held.ok).toBe(true)
    await moveClock('2026-11-03T10:00Z')
    await post('ann', 'SPENT', 15)
    // Nobody posts to ann and bob from here on, so no entry says what expires.
    await moveClock('2026-11-10T10:00Z')
    await post('cat', 'CREDIT_ADD', 3)
    await expectOutstanding('2026-11-20T00:00Z', '2026-11-10T10:00Z')
    await expectOutstanding('2026-11-06T09:00Z', '2026-11-10T10:00Z')
    expect(await ledger.totals()).toMatchObject({ accounts: 3, amount: 100 + 10, held: 0 })
    // An entry takes what has expired, and the history stays what it was.
    const before = await ledger.outstanding({ from, to: new Date('2026-11-10T00:00Z'), per: 'DAY' })
    await post('bob', 'CREDIT_ADD', 1)
    await post('ann', 'CREDIT_ADD', 1)
    expect(await ledger.outstanding({ from, to: new Date('2026-11-10T00:00Z'), per: 'DAY' })).toEqual(before)
    await expectOutstanding('2026-11-20T00:00Z', '2026-11-10T10:00Z')
  })

  test('counts live holds, overdrafts and what expires', async () => {
    const before = await ledger.totals()
    const hold = { ownerId: 'ann', operation: 'SPENT', amount: 5, nonce: 'live', expiresIn: 3600 } as const
    expect((await ledger.holdCredits(hold)).ok).toBe(true)
    await ledger.setOverdraft({ ownerId: 'cat', limit: 11 })
    await post('cat', 'GIFT', 9, '2026-11-20T10:00Z')
    expect(await ledger.totals()).toEqual({
      ...{ ...before, amount: before.amount + 9, held: 5, overdraft: 11 },
    })
    expect([await ledger.expiringWithin(9), await ledger.expiringWithin(10)]).toEqual([0, 9])
    await moveClock('2026-11-10T12:00Z')
    expect(await ledger.totals()).toMatchObject({ held: 0 })
  })
})

test.each([
  [() => ledger.expiringWithin(0), 'within'],
  [() => ledger.expiringWithin(367), 'within'],
  [() => ledger.totals({ book: 'nope' as never }), 'book'],
  [() => ledger.outstanding({ from, to: from, per: 'DAY' }), 'to'],
  [() => ledger.outstanding({ from, to: new Date('2036-01-01'), per: 'DAY' }), 'to'],
])('refuses %s', async (read, field) => {
  await expect(read()).rejects.toMatchObject({ errors: [{ field }] })
})

test('refuses a sum beyond 2^53 - 1', async () => {
  await sql.query(`INSERT INTO ledger.accounts (book, owner_id, balance, head, created_on, updated_on)
    SELECT 'games', 'rich ' || n, 9007199254740991, sha256(''), now(), now() FROM generate_series(1, 2) n`)
  await expect(ledger.totals()).rejects.toMatchObject({ errors: [{ field: 'book' }] })
})
