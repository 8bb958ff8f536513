import { describe, expect, test } from 'vitest'
import { openGraph } from './open-graph.ts'

const { ledger, mutate, give, amounts } = await openGraph()

const set = (ownerId: unknown, limit: unknown) =>
  mutate(
    'setOverdraft',
    { ownerId, limit },
    '... on SetOverdraftSuccess { balance { ownerId amount overdraft available held } }',
  )

describe('setOverdraft', () => {
  test('lets a balance go below 0, and cannot be lowered while it is in use', async () => {
    expect(await set('debtor', 5)).toMatchObject({
      __typename: 'SetOverdraftSuccess',
      balance: { ownerId: 'debtor', amount: 0, overdraft: 5, available: 5, held: 0 },
    })
    await ledger.postEntry({ ownerId: 'debtor', operation: 'CREDIT_SPEND', amount: 4, nonce: 's' })
    expect(await amounts('debtor')).toEqual([-4])
    expect(await set('debtor', 3)).toMatchObject({
      __typename: 'OverdraftInUseError',
      code: 'OVERDRAFT_IN_USE',
      current: { amount: -4, overdraft: 5, available: 1 },
    })
    expect(await set('debtor', 4)).toMatchObject({ balance: { overdraft: 4, available: 0 } })
  })

  test('is refused when it and the balance exceed the range', async () => {
    await give('rich', 1)
    expect(await set('rich', 2 ** 53 - 1)).toMatchObject({
      __typename: 'BalanceOutOfRangeError',
      current: { amount: 1 },
    })
  })

  test.each([
    ['', 1, 'ownerId'],
    ['a\0', 1, 'ownerId'],
    ['x'.repeat(256), 1, 'ownerId'],
    ['bad', -1, 'limit'],
  ])('refuses a bad value (%#)', async (ownerId, limit, field) => {
    expect(await set(ownerId, limit)).toMatchObject({ code: 'VALIDATION_ERROR', errors: [{ field }] })
  })

  test.each([null, 1.5, 2 ** 53, 1e30, '1'])('refuses a limit of another type (%j)', async (limit) => {
    expect((await set('bad', limit)).errors[0].message).toContain('limit')
  })
})
