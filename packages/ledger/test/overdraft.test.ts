import { describe, expect, test } from 'vitest'
import { maxCredits } from '../src/index.ts'
import { balanceOf, brokenBooks, games, openGames } from './open-ledger.ts'

const { ledger, prisma, sql, another } = await openGames()
const other = another(games)

const post = (ownerId: string, operation: 'CREDIT_ADD' | 'CREDIT_SPEND', amount: number) =>
  ledger.postEntry({ ownerId, operation, amount, nonce: crypto.randomUUID() })

describe('an overdraft', () => {
  test('lets the balance go below 0, down to its limit', async () => {
    expect(await ledger.setOverdraft({ ownerId: 'a', limit: 5 })).toEqual({
      ok: true,
      balance: { ownerId: 'a', book: 'games', amount: 0, overdraft: 5, held: 0, available: 5, state: 'OPEN' },
    })
    expect(await post('a', 'CREDIT_SPEND', 6)).toMatchObject({
      error: { code: 'INSUFFICIENT_BALANCE', message: 'The posting takes 6 credits, a has 5 available.' },
    })
    expect(await post('a', 'CREDIT_SPEND', 5)).toMatchObject({ balance: { amount: -5, available: 0 } })
    expect(await ledger.balance('a')).toEqual({
      ownerId: 'a',
      book: 'games',
      amount: -5,
      overdraft: 5,
      held: 0,
      available: 0,
      state: 'OPEN',
    })
  })

  test('that is in use cannot be lowered', async () => {
    await ledger.setOverdraft({ ownerId: 'used', limit: 10 })
    await post('used', 'CREDIT_SPEND', 7)
    expect(await ledger.setOverdraft({ ownerId: 'used', limit: 6 })).toMatchObject({
      error: {
        code: 'OVERDRAFT_IN_USE',
        message: 'used needs an overdraft of at least 7 credits.',
        balance: { amount: -7, overdraft: 10, available: 3 },
      },
    })
    expect(await ledger.setOverdraft({ ownerId: 'used', limit: 7 })).toMatchObject({
      balance: { available: 0 },
    })
    await post('used', 'CREDIT_ADD', 7)
    expect(await ledger.setOverdraft({ ownerId: 'used', limit: 0 })).toMatchObject({
      balance: balanceOf('used', 0, 'games'),
    })
  })

  test('that a hold needs cannot be lowered', async () => {
    await ledger.setOverdraft({ ownerId: 'held', limit: 10 })
    const hold = { ownerId: 'held', operation: 'CREDIT_SPEND', amount: 4, nonce: 'h', expiresIn: 60 } as const
    await ledger.holdCredits(hold)
    expect(await ledger.setOverdraft({ ownerId: 'held', limit: 3 })).toMatchObject({
      error: { code: 'OVERDRAFT_IN_USE', message: 'held needs an overdraft of at least 4 credits.' },
    })
  })

  test('and the balance together stay within 2^53 - 1', async () => {
    const limit = maxCredits - 10
    expect(await ledger.setOverdraft({ ownerId: 'vast', limit })).toMatchObject({ ok: true })
    expect(await post('vast', 'CREDIT_ADD', 10)).toMatchObject({ ok: true })
    expect(await post('vast', 'CREDIT_ADD', 1)).toMatchObject({ error: { code: 'BALANCE_OUT_OF_RANGE' } })
    expect(await ledger.setOverdraft({ ownerId: 'vast', limit: limit + 1 })).toMatchObject({
      error: { code: 'BALANCE_OUT_OF_RANGE', balance: { amount: 10, overdraft: limit } },
    })
    expect(await post('vast', 'CREDIT_SPEND', maxCredits)).toMatchObject({ balance: { available: 0 } })
    expect(await ledger.setOverdraft({ ownerId: 'vast', limit: maxCredits })).toMatchObject({ ok: true })
  })

  test('of 0 for an unknown owner makes no account', async () => {
    const result = await ledger.setOverdraft({ ownerId: 'nobody', limit: 0 })
    expect(result).toEqual({ ok: true, balance: balanceOf('nobody', 0, 'games') })
    expect((await sql.query("SELECT FROM ledger.accounts WHERE owner_id = 'nobody'")).rows).toEqual([])
  })

  test('that is lowered while it is spent never ends below what is in use', async () => {
    for (let round = 0; round < 10; round += 1) {
      const ownerId = `race ${round}`
      await ledger.setOverdraft({ ownerId, limit: 5 })
      const [lowered, spent] = await Promise.all([
        ledger.setOverdraft({ ownerId, limit: 0 }),
        other.postEntry({ ownerId, operation: 'CREDIT_SPEND', amount: 5, nonce: 'n' }),
      ])
      expect(Number(lowered.ok) + Number(spent.ok)).toBe(1)
    }
    expect(await brokenBooks(sql)).toEqual([])
  })

  test.each([
    ['limit', { limit: -1 }],
    ['limit', { limit: 1.5 }],
    ['limit', { limit: 2 ** 53 }],
    ['limit', { limit: '5' }],
    ['limit', { limit: null }],
    ['ownerId', { ownerId: '' }],
    ['ownerId', { ownerId: '\ud800' }],
  ])('with a bad %s is refused: %j', async (field, input) => {
    const unchecked = { ownerId: 'bad', limit: 1, ...input } as never
    expect(await ledger.setOverdraft(unchecked)).toMatchObject({
      error: { code: 'VALIDATION_ERROR', errors: [{ field }] },
    })
  })

  test("is a part of the app's own transaction", async () => {
    const rolledBack = prisma.$transaction(async (tx) => {
      await ledger.setOverdraft({ ownerId: 'tx', limit: 3 }, { tx })
      await ledger.postEntry({ ownerId: 'tx', operation: 'CREDIT_SPEND', amount: 3, nonce: 'n' }, { tx })
      await ledger.setOverdraft({ ownerId: 'tx', limit: 2 }, { tx })
    })
    await expect(rolledBack).rejects.toMatchObject({ code: 'OVERDRAFT_IN_USE' })
    expect(await ledger.balance('tx')).toEqual(balanceOf('tx', 0, 'games'))
  })
})
