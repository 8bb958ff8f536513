// Rules that were once broken, each in its smallest history.
import { afterAll, afterEach, expect, test } from 'vitest'
import type { LedgerResult } from '../../src/index.ts'
import { brokenBooks } from '../open-ledger.ts'
import { expectSoundLots, openLots } from './stage.ts'

const opened = await openLots()
const { ledger, post, moveClock, lots, entries, sql } = opened
afterAll(() => ledger.close())
afterEach(async () => {
  await expectSoundLots(opened)
  expect(await brokenBooks(sql)).toEqual([])
  await moveClock('2026-11-10T00:00Z')
})

function posted<Posted>(result: LedgerResult<Posted>): Posted {
  if (!result.ok) throw result.error
  return result
}

/** Holds credits of an owner. */
async function hold(ownerId: string, amount: number, { days, nonce }: { days: number; nonce: string }) {
  const kept = { ownerId, operation: 'SPENT', amount, nonce, expiresIn: days * 86_400 } as const
  return posted(await ledger.holdCredits(kept)).hold
}

test('the balance in the answer to a duplicate has no credits that have expired', async () => {
  const promo = { ownerId: 'ann', operation: 'PROMO', amount: 3, nonce: 'promo' } as const
  posted(await ledger.postEntry(promo))
  await moveClock('2026-12-20T00:00Z')
  expect(await ledger.postEntry(promo)).toMatchObject({
    error: { code: 'DUPLICATE_NONCE', identical: true, balance: { amount: 0, available: 0 } },
  })
})

test('the lots of a transfer pay what the receiver owes, one after another', async () => {
  posted(await ledger.setOverdraft({ ownerId: 'bob', limit: 10 }))
  await post('bob', 'SPENT', 5)
  await post('ben', 'PROMO', 3)
  await post('ben', 'BOUGHT', 4)
  posted(await ledger.transfer({ from: 'ben', to: 'bob', amount: 7, nonce: 'gift' }))
  expect(await lots('bob')).toEqual(['2 50 paid never'])
  expect(await ledger.balance('bob')).toMatchObject({ amount: 2 })
})

test('credits that a hold gives back to several lots expire in the order of spending', async () => {
  await post('cy', 'PROMO', 2, '2026-11-15T00:00Z')
  await post('cy', 'GIFT', 3, '2026-11-16T00:00Z')
  const { hold } = posted(
    await ledger.holdCredits({
      ownerId: 'cy',
      operation: 'SPENT',
      amount: 5,
      nonce: 'h',
      expiresIn: 2_000_000,
    }),
  )
  await moveClock('2026-11-20T00:00Z')
  posted(await ledger.releaseHold(hold.id))
  expect((await entries('cy')).slice(-2)).toEqual([
    'CREDIT_EXPIRED -3 2026-11-20',
    'CREDIT_EXPIRED -2 2026-11-20',
  ])
})

test('credits of one lot that several ended holds give back expire together', async () => {
  await post('dee', 'PROMO', 9, '2026-11-15T00:00Z')
  const { id } = await hold('dee', 4, { days: 20, nonce: 'long' })
  await hold('dee', 3, { days: 6, nonce: 'short' })
  await moveClock('2026-11-20T00:00Z')
  posted(await ledger.releaseHold(id))
  expect((await entries('dee')).slice(1)).toEqual([
    'CREDIT_EXPIRED -2 2026-11-15',
    'CREDIT_EXPIRED -3 2026-11-16',
    'CREDIT_EXPIRED -4 2026-11-20',
  ])
})

test('a call that only refuses leaves what is held as it was when the account was last written', async () => {
  await post('eli', 'PROMO', 4, '2026-11-15T00:00Z')
  await post('eli', 'BOUGHT', 4)
  await hold('eli', 4, { days: 20, nonce: 'long' })
  await hold('eli', 1, { days: 8, nonce: 'short' })
  await moveClock('2026-11-20T00:00Z')
  const tooMuch = { ownerId: 'eli', operation: 'SPENT', amount: 5 } as const
  const refused = await ledger.postEntries([
    { ...tooMuch, nonce: 'too much' },
    { ...tooMuch, nonce: 'too much again' },
  ])
  expect(refused).toMatchObject(Array(2).fill({ error: { code: 'INSUFFICIENT_BALANCE' } }))
  await moveClock('2026-11-17T00:00Z')
  expect(await ledger.balance('eli')).toMatchObject({ amount: 8, held: 5, available: 3 })
})

test('a capture takes what its own hold has reserved, and leaves the lots of other holds', async () => {
  await post('fay', 'PROMO', 4, '2026-11-15T00:00Z')
  await hold('fay', 4, { days: 20, nonce: 'first' })
  await post('fay', 'BOUGHT', 1)
  const { id } = await hold('fay', 1, { days: 20, nonce: 'second' })
  await moveClock('2026-11-16T00:00Z')
  posted(await ledger.captureHold({ id, nonce: 'capture' }))
  expect(await lots('fay')).toEqual([])
  expect((await ledger.lots({ ownerId: 'fay' })).edges.map(({ node }) => node.rest)).toEqual([0, 4])
})

test('what a hold keeps after a capture stays reserved, and no more', async () => {
  await post('ian', 'PROMO', 4, '2026-11-15T00:00Z')
  await post('ian', 'BOUGHT', 4)
  const input = { ownerId: 'ian', operation: 'SPENT', amount: 6, nonce: 'h', expiresIn: 2_000_000 } as const
  const { hold } = posted(await ledger.holdCredits(input))
  posted(await ledger.captureHold({ id: hold.id, amount: 3, keepRest: true, nonce: 'part' }))
  expect(await lots('ian')).toEqual(['1 50 promotional 2026-11-15', '4 50 paid never'])
  await expect(post('ian', 'SPENT', 3)).rejects.toMatchObject({ code: 'INSUFFICIENT_BALANCE' })
  await post('ian', 'SPENT', 2)
  await moveClock('2026-11-16T00:00Z')
  expect(await ledger.balance('ian')).toMatchObject({ amount: 3, held: 3 })
  posted(await ledger.captureHold({ id: hold.id, nonce: 'rest' }))
  expect(await ledger.balance('ian')).toMatchObject({ amount: 0, held: 0 })
  expect((await ledger.lots({ ownerId: 'ian' })).edges.map(({ node }) => node.rest)).toEqual([0, 0])
})

test('a hold that goes on reserves no more than it keeps, also if the overdraft took what it reserved', async () => {
  posted(await ledger.setOverdraft({ ownerId: 'kit', limit: 20 }))
  await post('kit', 'BOUGHT', 10)
  const input = { ownerId: 'kit', operation: 'SPENT', amount: 10, nonce: 'h', expiresIn: 2_000_000 } as const
  const { hold } = posted(await ledger.holdCredits(input))
  const spent = await post('kit', 'SPENT', 8)
  posted(await ledger.captureHold({ id: hold.id, amount: 5, keepRest: true, nonce: 'part' }))
  posted(await ledger.refundEntry({ id: spent.id, amount: 8, nonce: 'refund' }))
  expect(await ledger.balance('kit')).toMatchObject({ amount: 5, held: 5, available: 20 })
})

test('a lot stays good for a hold that is prolonged, and expires when that one ends', async () => {
  await post('lou', 'PROMO', 5, '2026-11-15T00:00Z')
  const input = { ownerId: 'lou', operation: 'SPENT', amount: 2, nonce: 'h', expiresIn: 6 * 86_400 } as const
  const { hold } = posted(await ledger.holdCredits(input))
  await moveClock('2026-11-15T12:00Z')
  posted(await ledger.prolongHold({ id: hold.id, expiresOn: new Date('2026-11-20T00:00Z') }))
  expect(await ledger.balance('lou')).toMatchObject({ amount: 2, held: 2 })
  await moveClock('2026-11-21T00:00Z')
  expect(await ledger.balance('lou')).toMatchObject({ amount: 0, held: 0 })
  await post('lou', 'BOUGHT', 1)
  expect((await entries('lou')).slice(1, 3)).toEqual([
    'CREDIT_EXPIRED -3 2026-11-15',
    'CREDIT_EXPIRED -2 2026-11-20',
  ])
})

test('a grant whose lot was revived is still what its nonce stands for', async () => {
  const gift = {
    ownerId: 'mia',
    operation: 'GIFT',
    amount: 5,
    nonce: 'gift',
    expiresOn: new Date('2026-11-15T00:00Z'),
  } as const
  posted(await ledger.postEntry(gift))
  const spent = await post('mia', 'REVIVED', 4)
  await moveClock('2026-11-16T00:00Z')
  posted(await ledger.refundEntry({ id: spent.id, amount: 4, nonce: 'back' }))
  expect(await lots('mia')).toEqual(['4 10 paid 2026-11-23'])
  expect(await ledger.postEntry(gift)).toMatchObject({ error: { code: 'DUPLICATE_NONCE', identical: true } })
  const other = { ...gift, expiresOn: new Date('2026-11-23T00:00Z') }
  expect(await ledger.postEntry(other)).toMatchObject({
    error: { code: 'DUPLICATE_NONCE', identical: false },
  })
})

test('a frozen account refuses a void, also of a lot that has ended', async () => {
  await post('hal', 'BOUGHT', 5)
  await post('hal', 'SPENT', 5)
  await sql.query(`UPDATE ledger.accounts SET state = 'SPENDING_FROZEN' WHERE owner_id = 'hal'`)
  const [lot] = (await ledger.lots({ ownerId: 'hal' })).edges
  const request = { id: lot?.node.id ?? '', nonce: 'v', metadata: { reason: 'fraud' } }
  expect(await ledger.voidLot(request)).toMatchObject({ error: { code: 'ACCOUNT_FROZEN' } })
})

test('after the clock went back, a hold is live again, also when its account was settled meanwhile', async () => {
  await post('gus', 'BOUGHT', 5)
  posted(
    await ledger.holdCredits({
      ...{ ownerId: 'gus', operation: 'SPENT', amount: 2, nonce: 'h', expiresIn: 6 * 86_400 },
    }),
  )
  await post('gus', 'PROMO', 3, '2026-11-15T00:00Z')
  await moveClock('2026-11-17T00:00Z')
  await expect(post('gus', 'SPENT', 100)).rejects.toMatchObject({ code: 'INSUFFICIENT_BALANCE' })
  await moveClock('2026-11-15T12:00Z')
  expect(await ledger.balance('gus')).toMatchObject({ amount: 5, held: 2, available: 3 })
  await expect(post('gus', 'SPENT', 4)).rejects.toMatchObject({ code: 'INSUFFICIENT_BALANCE' })
})

test('after the clock went back, lots are told as of the last change of their account', async () => {
  await post('eve', 'PROMO', 3, '2026-11-15T00:00Z')
  const { hold } = posted(
    await ledger.holdCredits({
      ownerId: 'eve',
      operation: 'SPENT',
      amount: 1,
      nonce: 'h',
      expiresIn: 2_000_000,
    }),
  )
  await moveClock('2026-11-16T00:00Z')
  await post('eve', 'BOUGHT', 1)
  await moveClock('2026-11-14T00:00Z')
  expect(await ledger.balance('eve')).toMatchObject({ amount: 2, held: 1, available: 1 })
  expect(await lots('eve')).toEqual(['1 50 paid never'])
  expect(await ledger.expiring('eve')).toBe(null)
  posted(await ledger.captureHold({ id: hold.id, nonce: 'c' }))
})
