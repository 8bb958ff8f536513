import { afterAll, expect, test } from 'vitest'
import { openLots } from './stage.ts'

const { ledger, post, moveClock } = await openLots('2026-10-05T00:00Z')
afterAll(() => ledger.close())

const months = {
  from: new Date('2026-10-01T00:00Z'),
  to: new Date('2027-01-01T00:00Z'),
  per: 'MONTH',
} as const
const linesOf = async (ownerId?: string) =>
  (await ledger.lotSummary({ ...months, ownerId })).map(({ kind, start, ...sums }) =>
    [start.toISOString().slice(0, 7), kind, ...Object.values(sums)].join(' '),
  )

test('a summary of lots has what was granted, used, has expired, was voided and is left', async () => {
  expect(await linesOf()).toEqual([])
  await post('ann', 'PROMO', 100)
  await post('ann', 'BOUGHT', 50)
  const spent = await post('ann', 'SPENT', 30)
  const hold = { ownerId: 'ann', operation: 'SPENT', amount: 20, nonce: 'h', expiresIn: 31 * 86_400 } as const
  expect(await ledger.holdCredits(hold)).toMatchObject({ ok: true })
  await post('bob', 'BOUGHT', 7)
  await moveClock('2026-11-10T00:00Z')
  // Nothing has been posted since the promotional lot expired, nor since the hold on it did.
  const expected = [
    '2026-10 promotional 100 30 0 0 70',
    '2026-10 paid 57 0 0 0 57',
    '2026-11 promotional 0 0 70 0 0',
    '2026-11 paid 0 0 0 0 57',
    '2026-12 promotional 0 0 0 0 0',
    '2026-12 paid 0 0 0 0 57',
  ]
  expect(await linesOf()).toEqual(expected)
  await post('ann', 'PROMO', 9)
  const [, bought] = await ledger.liveLots('ann')
  const refund = { id: spent.id, amount: 3, nonce: 'r' }
  expect(await ledger.refundEntry(refund)).toMatchObject({ ok: true })
  const voided = { id: bought?.id ?? '', nonce: 'v', metadata: { reason: 'a mistake' } }
  expect(await ledger.voidLot(voided)).toMatchObject({ ok: true })
  expect(await linesOf()).toEqual([
    ...expected.slice(0, 2),
    '2026-11 promotional 9 -3 73 0 9',
    '2026-11 paid 0 0 0 50 7',
    '2026-12 promotional 0 0 0 0 9',
    '2026-12 paid 0 0 0 0 7',
  ])
  expect(await linesOf('bob')).toEqual([
    '2026-10 paid 7 0 0 0 7',
    '2026-11 paid 0 0 0 0 7',
    '2026-12 paid 0 0 0 0 7',
  ])
})
