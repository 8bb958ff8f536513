import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Engine, startEngine } from './engine-fixture.ts'
import { loseAnswer } from './proxy.ts'

let engine: Engine
beforeEach(async () => {
  engine = await startEngine()
  await engine.give(engine.ada, 10)
})
afterEach(() => engine.stop())

describe('postTransaction', () => {
  it('posts entries of several owners, and returns the transaction and the balances', async () => {
    const { client, ada, bob } = engine
    const result = await client.postTransaction({
      entries: [
        { ownerId: bob, operation: 'CREDIT_ADD', amount: 4 },
        { ownerId: ada, operation: 'CREDIT_SPEND', amount: 3 },
        { ownerId: bob, operation: 'CREDIT_SPEND' },
      ],
      balanced: true,
      nonce: 'n1',
      metadata: { why: 'gift' },
    })
    expect(result).toMatchObject({
      ok: true,
      transaction: {
        nonce: 'n1',
        metadata: { why: 'gift' },
        entries: [
          { ownerId: bob, amount: 4, balanceAfter: 4 },
          { ownerId: ada, amount: -3, balanceAfter: 7 },
          { ownerId: bob, amount: -1, balanceAfter: 3 },
        ],
      },
      balances: [
        { ownerId: bob, amount: 3 },
        { ownerId: ada, amount: 7 },
      ],
    })
    const { transaction } = result as Extract<typeof result, { ok: true }>
    expect(await client.transaction(transaction.id)).toEqual(transaction)
    expect(transaction.entries.map(({ transactionId }) => transactionId)).toEqual(
      Array(3).fill(transaction.id),
    )
  })

  it('replayed, reads the current balances of all owners', async () => {
    const { client, ada, bob, faults, give } = engine
    const entries = [
      { ownerId: ada, operation: 'CREDIT_SPEND', amount: 3 },
      { ownerId: bob, operation: 'CREDIT_ADD', amount: 4 },
      { ownerId: ada, operation: 'CREDIT_SPEND', amount: 2 },
    ] as const
    await client.postTransaction({ entries, nonce: 'n1' })
    await give(bob, 100)
    faults.push(loseAnswer)
    expect(await client.postTransaction({ entries, nonce: 'n1' })).toMatchObject({
      ok: true,
      replayed: true,
      transaction: { entries: [{ amount: -3 }, { amount: 4 }, { amount: -2 }] },
      balances: [
        { ownerId: ada, amount: 5 },
        { ownerId: bob, amount: 104 },
      ],
    })
  })

  it('posts all entries or none, and names the refused entry', async () => {
    const { client, ada, bob, amounts } = engine
    const add = { ownerId: bob, operation: 'CREDIT_ADD', amount: 1 } as const
    expect(
      await client.postTransaction({
        entries: [add, { ownerId: ada, operation: 'CREDIT_SPEND', amount: 11 }],
      }),
    ).toMatchObject({
      ok: false,
      __typename: 'InsufficientBalanceError',
      entryIndex: 1,
      balance: { ownerId: ada, amount: 10 },
    })
    expect(
      await client.postTransaction({ entries: [add, { ...add, amount: Number.MAX_SAFE_INTEGER }] }),
    ).toMatchObject({ ok: false, __typename: 'BalanceOutOfRangeError', entryIndex: 1 })
    const signup = { ownerId: bob, operation: 'SIGNUP_CREDIT' } as const
    expect(await client.postTransaction({ entries: [add, signup, signup] })).toMatchObject({
      ok: false,
      __typename: 'LimitReachedError',
      operation: 'SIGNUP_CREDIT',
      ownerId: bob,
      nextOn: null,
      entryIndex: 2,
    })
    expect(await client.postTransaction({ entries: [add], balanced: true })).toMatchObject({
      ok: false,
      __typename: 'ValidationError',
      errors: [{ field: 'entries', message: 'must add up to 0 credits, but add up to 1' }],
    })
    expect(await client.postTransaction({ entries: [] })).toMatchObject({ errors: [{ field: 'entries' }] })
    expect(await amounts(ada, bob)).toEqual([10, 0])
  })

  it('is refused with the nonce of a hold', async () => {
    const { client, ada } = engine
    const held = await client.holdCredits({
      ownerId: ada,
      operation: 'CREDIT_SPEND',
      expiresIn: 60,
      nonce: 'n1',
    })
    const entries = [{ ownerId: ada, operation: 'CREDIT_SPEND' }] as const
    engine.faults.push(loseAnswer)
    expect(await client.postTransaction({ entries, nonce: 'n1' })).toMatchObject({
      ok: false,
      __typename: 'DuplicateHoldError',
      code: 'DUPLICATE_NONCE',
      identical: false,
      holdId: held.ok && held.hold.id,
    })
  })

  it('reports a transaction that does not exist', async () => {
    expect(await engine.client.transaction('01234567-89ab-7def-8123-456789abcdef')).toBeNull()
    expect(await engine.client.transaction('none')).toBeNull()
  })
})

describe('transfer', () => {
  it('moves credits from one owner to another', async () => {
    const { client, ada, bob } = engine
    expect(await client.transfer({ from: ada, to: bob, amount: 6, metadata: { why: 'rent' } })).toMatchObject(
      {
        ok: true,
        replayed: false,
        transaction: {
          metadata: { why: 'rent' },
          entries: [
            { ownerId: ada, operation: 'TRANSFER_OUT', amount: -6 },
            { ownerId: bob, operation: 'TRANSFER_IN', amount: 6 },
          ],
        },
        balances: [
          { ownerId: ada, amount: 4 },
          { ownerId: bob, amount: 6 },
        ],
      },
    )
  })

  it('is refused to the sender itself, beyond the balance, and for 0 credits', async () => {
    const { client, ada, bob, amounts } = engine
    expect(await client.transfer({ from: ada, to: ada, amount: 1 })).toMatchObject({
      ok: false,
      errors: [{ field: 'to', message: 'must not be the same owner as from' }],
    })
    expect(await client.transfer({ from: ada, to: bob, amount: 11 })).toMatchObject({
      __typename: 'InsufficientBalanceError',
      entryIndex: 0,
    })
    expect(await client.transfer({ from: ada, to: bob, amount: 0 })).toMatchObject({
      errors: [{ field: 'amount' }],
    })
    await expect(client.transfer({ from: ada, to: bob, amount: 0.5 })).rejects.toMatchObject({
      name: 'LedgerClientError',
      retryable: false,
      nonce: expect.any(String),
    })
    expect(await amounts(ada, bob)).toEqual([10, 0])
  })
})
