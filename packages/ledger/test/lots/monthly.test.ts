import { createLedger } from '@shared-ledger/ledger'
import { afterAll, expect, test } from 'vitest'
import { openGames, stopClockAt } from '../open-ledger.ts'
import { grantMonth } from './monthly.ts'
import { operations } from './monthly-operations.ts'

const { sql, pool } = await openGames()
await sql.query(`SELECT ledger.set_operations('games', $1)`, [Object.keys(operations)])
const ledger = createLedger({ app: 'games', operations, pool })
afterAll(() => ledger.close())

let nonces = 0
const spend = (ownerId: string, amount: number) =>
  ledger.postEntry({ ownerId, operation: 'CREDIT_SPEND', amount, nonce: `spent ${++nonces}` })
const amountOf = async (ownerId: string) => (await ledger.balance(ownerId)).amount

test('grants once a month, and rolls over what was left up to a cap', async () => {
  await stopClockAt(sql, '2026-11-01T00:05Z')
  await grantMonth(ledger, 'ann', '2026-11')
  await grantMonth(ledger, 'ann', '2026-11')
  expect(await amountOf('ann')).toBe(100)
  await spend('ann', 80)
  await stopClockAt(sql, '2026-12-01T00:05Z')
  expect(await amountOf('ann')).toBe(0)
  await grantMonth(ledger, 'ann', '2026-12')
  expect(await amountOf('ann')).toBe(120)
  await spend('ann', 30)
  await stopClockAt(sql, '2026-12-09T00:00Z')
  await grantMonth(ledger, 'ann', '2026-12')
  expect(await amountOf('ann')).toBe(90)
  await stopClockAt(sql, '2027-01-15T00:00Z')
  await Promise.all([1, 2, 3].map(() => grantMonth(ledger, 'ann', '2027-01')))
  expect(await amountOf('ann')).toBe(150)
})

test('grants nothing for a month that is over, and nothing comes back of a month without a grant', async () => {
  await stopClockAt(sql, '2026-11-01T00:05Z')
  await grantMonth(ledger, 'bob', '2026-11')
  await stopClockAt(sql, '2027-01-01T00:05Z')
  await grantMonth(ledger, 'bob', '2026-12')
  expect(await amountOf('bob')).toBe(0)
  await grantMonth(ledger, 'bob', '2027-01')
  expect(await amountOf('bob')).toBe(100)
})
