import { afterAll, afterEach, describe, expect, test } from 'vitest'
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

let owners = 0
const newOwner = () => `owner ${++owners}`

/** Returns the posted result of a command. @throws the refusal */
async function posted<Result extends { ok: true } | { ok: false; error: Error }>(
  result: Promise<Result>,
): Promise<Extract<Result, { ok: true }>> {
  const settled = await result
  if (!settled.ok) throw settled.error
  return settled as Extract<Result, { ok: true }>
}

describe('a lot', () => {
  test('is made by an operation that says so, and by every credit from then on', async () => {
    const ann = newOwner()
    await post(ann, 'CREDIT_ADD', 5)
    expect(await lots(ann)).toEqual([])
    await post(ann, 'PROMO', 10)
    await post(ann, 'CREDIT_ADD', 7)
    expect(await lots(ann)).toEqual(['10 50 promotional 2026-12-10', '5 50 paid never', '7 50 paid never'])
  })

  test('expires at the end of a month, after days, or when the caller says', async () => {
    const ann = newOwner()
    await post(ann, 'MONTHLY', 1)
    await post(ann, 'PROMO', 2, '2026-11-20T00:00Z')
    await post(ann, 'PROMO', 3, '2027-11-20T00:00Z')
    await post(ann, 'GIFT', 4, '2026-11-15T00:00Z')
    await post(ann, 'BOUGHT', 5, '2026-11-16T00:00Z')
    expect(await lots(ann)).toEqual([
      '4 10 paid 2026-11-15',
      '5 50 paid 2026-11-16',
      '2 50 promotional 2026-11-20',
      '1 50 paid 2026-12-01',
      '3 50 promotional 2026-12-10',
    ])
    await expect(post(ann, 'GIFT', 1)).rejects.toThrow(
      'expiresOn is required: when the credits of GIFT expire',
    )
    await expect(post(ann, 'CREDIT_ADD', 1, '2026-11-20T00:00Z')).rejects.toThrow(
      'expiresOn is for operations with a lot, and CREDIT_ADD has none',
    )
    await expect(post(ann, 'GIFT', 1, '2026-11-10T00:00Z')).rejects.toThrow('expiresOn has passed')
    await expect(post(ann, 'CREDIT_EXPIRED', 1)).rejects.toThrow('is posted only by the ledger itself')
  })

  test('is spent by priority, expiry, kind and age, and each entry says from which lots', async () => {
    const ann = newOwner()
    await post(ann, 'LAST', 1)
    await post(ann, 'BOUGHT', 2)
    const promo = await post(ann, 'PROMO', 3)
    await post(ann, 'GIFT', 4, '2027-01-01T00:00Z')
    const spent = await post(ann, 'SPENT', 8)
    expect(await lots(ann)).toEqual(['1 50 paid never', '1 100 paid never'])
    const uses = await ledger.usesOfEntry(ann, spent.id)
    expect(uses.map(({ amount }) => amount)).toEqual([-4, -3, -1])
    const lotId = uses[1]?.lotId ?? ''
    expect(await ledger.lot(lotId)).toMatchObject({
      entryId: promo.id,
      rest: 0,
      amount: 3,
      kind: 'promotional',
    })
    const { edges } = await ledger.lotUses({ ownerId: ann, lotId })
    expect(edges.map(({ node }) => node)).toEqual([
      { lotId, entryId: spent.id, seq: 5, place: 2, amount: -3 },
    ])
  })

  test('expires without a job: reads subtract it, and the next posting posts it at its moment', async () => {
    const ann = newOwner()
    await post(ann, 'BOUGHT', 2)
    await post(ann, 'PROMO', 3)
    await moveClock('2026-12-09T23:59:59.999Z')
    expect(await ledger.balance(ann)).toMatchObject({ amount: 5, available: 5 })
    expect(await ledger.expiring(ann)).toEqual({ amount: 3, on: new Date('2026-12-10T00:00Z') })
    await moveClock('2026-12-10T00:00Z')
    expect(await ledger.balance(ann)).toMatchObject({ amount: 2, available: 2 })
    expect(await ledger.balanceAt(ann, new Date('2026-12-09T23:59:59.999Z'))).toMatchObject({ amount: 5 })
    expect(await ledger.balanceAt(ann, new Date('2026-12-10T00:00Z'))).toMatchObject({ amount: 2 })
    const account = async () => (await ledger.accounts({ prefix: ann })).edges[0]?.node.balance.amount
    expect(await account()).toBe(2)
    await moveClock('2026-12-20T00:00Z')
    await expect(post(ann, 'SPENT', 3)).rejects.toMatchObject({
      code: 'INSUFFICIENT_BALANCE',
      balance: { amount: 2 },
    })
    expect(await entries(ann)).toEqual([
      'BOUGHT 2 2026-11-10',
      'PROMO 3 2026-11-10',
      'CREDIT_EXPIRED -3 2026-12-10',
    ])
    await post(ann, 'SPENT', 2)
    expect(await account()).toBe(0)
    expect(await ledger.balanceAt(ann, new Date('2026-12-10T00:00Z'))).toMatchObject({ amount: 2 })
  })
})

test('a page of live lots has those with credits left that have not expired, or that a hold keeps', async () => {
  const ann = newOwner()
  await post(ann, 'PROMO', 3)
  await post(ann, 'PROMO', 4, '2026-11-20T00:00Z')
  await post(ann, 'BOUGHT', 5)
  const kept = { ownerId: ann, operation: 'SPENT', amount: 6, expiresIn: 60 * 86_400, nonce: 'kept' } as const
  await posted(ledger.holdCredits(kept))
  const rests = async (live: boolean) =>
    (await ledger.lots({ ownerId: ann, live })).edges.map(({ node }) => node.rest)
  expect([await rests(true), await rests(false)]).toEqual([
    [5, 4, 3],
    [5, 4, 3],
  ])
  await moveClock('2026-12-20T00:00Z')
  expect(await rests(true)).toEqual([5, 4, 2])
  await moveClock('2027-01-20T00:00Z')
  expect([await rests(true), await rests(false)]).toEqual([[5], [5, 0, 0]])
})

describe('a hold', () => {
  const hold = (ownerId: string, amount: number, days: number) =>
    posted(
      ledger.holdCredits({
        ...{ ownerId, operation: 'SPENT', amount, nonce: `h ${++owners}`, expiresIn: days * 86_400 },
      }),
    )

  test('reserves lots, which are good for it after they have expired', async () => {
    const ann = newOwner()
    await post(ann, 'PROMO', 10)
    await post(ann, 'BOUGHT', 5)
    const { hold: kept } = await hold(ann, 8, 60)
    await post(ann, 'SPENT', 4)
    expect(await lots(ann)).toEqual(['8 50 promotional 2026-12-10', '3 50 paid never'])
    await moveClock('2026-12-20T00:00Z')
    expect(await ledger.balance(ann)).toMatchObject({ amount: 11, held: 8, available: 3 })
    const { balance } = await posted(ledger.captureHold({ id: kept.id, amount: 6, nonce: 'c' }))
    expect(balance).toMatchObject({ amount: 3, held: 0, available: 3 })
    expect(await entries(ann)).toEqual([
      ...['PROMO 10 2026-11-10', 'BOUGHT 5 2026-11-10', 'SPENT -4 2026-11-10'],
      ...['SPENT -6 2026-12-20', 'CREDIT_EXPIRED -2 2026-12-20'],
    ])
  })

  test('gives lots back that expire when it ends, at that moment', async () => {
    const ann = newOwner()
    await post(ann, 'PROMO', 10)
    await hold(ann, 4, 40)
    const { hold: released } = await hold(ann, 3, 60)
    await moveClock('2026-12-25T00:00Z')
    expect(await ledger.balance(ann)).toMatchObject({ amount: 3, held: 3, available: 0 })
    const { balance } = await posted(ledger.releaseHold(released.id))
    expect(balance).toMatchObject({ amount: 0, held: 0, available: 0 })
    expect(await entries(ann)).toEqual([
      'PROMO 10 2026-11-10',
      ...['CREDIT_EXPIRED -3 2026-12-10', 'CREDIT_EXPIRED -4 2026-12-20', 'CREDIT_EXPIRED -3 2026-12-25'],
    ])
  })
})

describe('credits that come back', () => {
  test('return to the lots they were taken from, the last one first', async () => {
    const ann = newOwner()
    await post(ann, 'PROMO', 3)
    await post(ann, 'BOUGHT', 5)
    const spent = await post(ann, 'SPENT', 6)
    const refund = (amount: number) =>
      posted(ledger.refundEntry({ id: spent.id, amount, nonce: `r ${++owners}` }))
    await refund(4)
    expect(await lots(ann)).toEqual(['1 50 promotional 2026-12-10', '5 50 paid never'])
    await refund(2)
    expect(await lots(ann)).toEqual(['3 50 promotional 2026-12-10', '5 50 paid never'])
  })

  test('expire again at once when their lot has expired', async () => {
    const ann = newOwner()
    await post(ann, 'PROMO', 3)
    await post(ann, 'BOUGHT', 5)
    const spent = await post(ann, 'SPENT', 4)
    await moveClock('2026-12-20T00:00Z')
    const { balance, entry } = await posted(ledger.refundEntry({ id: spent.id, amount: 4, nonce: 'again' }))
    expect(entry.balanceAfter).toBe(8)
    expect(balance.amount).toBe(5)
    expect((await entries(ann)).slice(-2)).toEqual(['SPENT 4 2026-12-20', 'CREDIT_EXPIRED -3 2026-12-20'])
  })

  test('live again when the operation says so', async () => {
    const ann = newOwner()
    await post(ann, 'PROMO', 4)
    const some = await post(ann, 'REVIVED', 2)
    const others = await post(ann, 'REVIVED_FOR_EVER', 2)
    await moveClock('2026-12-20T00:00Z')
    await posted(ledger.refundEntry({ id: some.id, amount: 2, nonce: 'some' }))
    expect(await lots(ann)).toEqual(['2 50 promotional 2026-12-27'])
    await posted(ledger.reverseTransaction({ id: others.transactionId, nonce: 'others' }))
    expect(await lots(ann)).toEqual(['4 50 promotional 2026-12-27'])
  })

  test('make a lot of their own when they were spent before there were lots', async () => {
    const ann = newOwner()
    await post(ann, 'CREDIT_ADD', 5)
    const spent = await post(ann, 'SPENT', 5)
    await post(ann, 'PROMO', 3)
    await posted(ledger.reverseTransaction({ id: spent.transactionId, nonce: 'back' }))
    expect(await lots(ann)).toEqual(['3 50 promotional 2026-12-10', '5 50 paid never'])
  })

  test('of a grant are taken from its own lot first, then as a spend', async () => {
    const ann = newOwner()
    await post(ann, 'PROMO', 3)
    const bought = await post(ann, 'BOUGHT', 5)
    await post(ann, 'SPENT', 4)
    expect(await ledger.reverseTransaction({ id: bought.transactionId, nonce: 'take' })).toMatchObject({
      error: { code: 'INSUFFICIENT_BALANCE' },
    })
    await post(ann, 'PROMO', 9)
    await posted(ledger.reverseTransaction({ id: bought.transactionId, nonce: 'take it' }))
    expect(await lots(ann)).toEqual(['8 50 promotional 2026-12-10'])
  })
})

describe('an overdraft', () => {
  test('comes after all lots, and what comes in pays it first', async () => {
    const ann = newOwner()
    await posted(ledger.setOverdraft({ ownerId: ann, limit: 10 }))
    await post(ann, 'PROMO', 3)
    await post(ann, 'SPENT', 8)
    expect(await ledger.balance(ann)).toMatchObject({ amount: -5, available: 5 })
    await post(ann, 'BOUGHT', 7)
    expect(await lots(ann)).toEqual(['2 50 paid never'])
    expect(await ledger.balance(ann)).toMatchObject({ amount: 2 })
  })

  test('covers holds whose lots it let a spend take', async () => {
    const ann = newOwner()
    await posted(ledger.setOverdraft({ ownerId: ann, limit: 10 }))
    await post(ann, 'BOUGHT', 10)
    const kept = { ownerId: ann, operation: 'SPENT', amount: 10, expiresIn: 600 } as const
    const { hold } = await posted(ledger.holdCredits({ ...kept, nonce: 'kept' }))
    await post(ann, 'SPENT', 6)
    expect(await ledger.balance(ann)).toMatchObject({ amount: 4, held: 10, available: 4 })
    const { error } = await ledger
      .setOverdraft({ ownerId: ann, limit: 5 })
      .then((result) => (result.ok ? { error: null } : result))
    expect(error?.message).toContain('needs an overdraft of at least 6 credits')
    await posted(ledger.captureHold({ id: hold.id, nonce: 'all' }))
    expect(await ledger.balance(ann)).toMatchObject({ amount: -6, held: 0, available: 4 })
  })
})

describe('a void', () => {
  test('takes what is left of a lot, once, and is final', async () => {
    const ann = newOwner()
    await post(ann, 'PROMO', 3)
    await post(ann, 'BOUGHT', 5)
    await post(ann, 'SPENT', 1)
    const [lot] = await ledger.liveLots(ann)
    const id = lot?.id ?? ''
    const request = { id, nonce: 'void', metadata: { reason: 'fraud' } }
    expect(await ledger.voidLot({ id, nonce: 'why' })).toMatchObject({ error: { code: 'VALIDATION_ERROR' } })
    expect(await ledger.voidLot({ ...request, dryRun: true })).toMatchObject({
      entry: { id: '0', amount: -2 },
    })
    const { entry, balance } = await posted(ledger.voidLot(request))
    expect([entry.operationName, entry.amount, balance.amount]).toEqual(['CREDIT_VOIDED', -2, 5])
    expect(await ledger.voidLot(request)).toMatchObject({
      error: { code: 'DUPLICATE_NONCE', identical: true },
    })
    expect(await ledger.voidLot({ ...request, nonce: 'twice' })).toMatchObject({
      error: { code: 'LOT_ENDED' },
    })
    const other = { ...request, id: (await ledger.liveLots(ann))[0]?.id ?? '' }
    expect(await ledger.voidLot(other)).toMatchObject({
      error: { code: 'DUPLICATE_NONCE', identical: false },
    })
    expect(await ledger.voidLot({ ...request, id: '987654', nonce: 'x' })).toMatchObject({
      error: { code: 'LOT_NOT_FOUND' },
    })
    const reversal = { id: entry.transactionId, nonce: 'undo' }
    expect(await ledger.reverseTransaction(reversal)).toMatchObject({ error: { code: 'NOT_REVERSIBLE' } })
    expect(await lots(ann)).toEqual(['5 50 paid never'])
  })

  test('waits for the end of a hold on the lot', async () => {
    const ann = newOwner()
    await post(ann, 'PROMO', 3)
    const kept = { ownerId: ann, operation: 'SPENT', amount: 1, expiresIn: 600, nonce: 'kept' } as const
    const { hold } = await posted(ledger.holdCredits(kept))
    const [lot] = await ledger.liveLots(ann)
    const request = { id: lot?.id ?? '', nonce: 'void', metadata: { reason: 'fraud' } }
    expect(await ledger.voidLot(request)).toMatchObject({ error: { code: 'LOT_HELD' } })
    await posted(ledger.releaseHold(hold.id))
    await posted(ledger.voidLot(request))
    expect(await ledger.balance(ann)).toMatchObject({ amount: 0 })
  })
})

describe('a transfer', () => {
  test('carries expiry, priority and kind to the lots that it makes', async () => {
    const [ann, bob] = [newOwner(), newOwner()]
    await post(ann, 'PROMO', 3)
    await post(ann, 'LAST', 5)
    await post(bob, 'CREDIT_ADD', 1)
    const { transaction } = await posted(ledger.transfer({ from: ann, to: bob, amount: 4, nonce: 'gift' }))
    expect(await lots(bob)).toEqual(['3 50 promotional 2026-12-10', '1 50 paid never', '1 100 paid never'])
    await moveClock('2026-12-20T00:00Z')
    expect(await ledger.balance(bob)).toMatchObject({ amount: 2 })
    // Of what bob has left, the reversal takes what it needs. What ann gets back of the lot that has expired is gone.
    await post(bob, 'CREDIT_ADD', 2)
    await posted(ledger.reverseTransaction({ id: transaction.id, nonce: 'back' }))
    expect(await lots(ann)).toEqual(['5 100 paid never'])
    expect(await ledger.balance(ann)).toMatchObject({ amount: 5 })
    expect(await ledger.balance(bob)).toMatchObject({ amount: 0 })
  })

  test('of plain credits makes no lots', async () => {
    const [ann, bob] = [newOwner(), newOwner()]
    await post(ann, 'CREDIT_ADD', 5)
    await post(ann, 'PROMO', 1)
    await post(ann, 'SPENT', 1)
    await posted(ledger.transfer({ from: ann, to: bob, amount: 2, nonce: 'plain' }))
    expect(await lots(bob)).toEqual([])
  })
})
