import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Engine, startEngine } from './engine-fixture.ts'

let engine: Engine
beforeEach(async () => {
  engine = await startEngine()
})
afterEach(() => engine.stop())

describe('reverseTransaction', () => {
  it('undoes a transaction, once', async () => {
    const { client, ada, bob, give } = engine
    await give(ada, 10)
    const moved = await client.transfer({ from: ada, to: bob, amount: 4 })
    if (!moved.ok) throw new Error(moved.message)
    const [out, into] = moved.transaction.entries
    const reversed = await client.reverseTransaction({ id: moved.transaction.id })
    expect(reversed).toMatchObject({
      ok: true,
      replayed: false,
      transaction: {
        entries: [
          { ownerId: bob, operation: 'TRANSFER_IN', amount: -4, reverses: into?.id },
          { ownerId: ada, operation: 'TRANSFER_OUT', amount: 4, reverses: out?.id },
        ],
      },
      balances: [
        { ownerId: bob, amount: 0 },
        { ownerId: ada, amount: 10 },
      ],
    })
    expect(await client.reverseTransaction({ id: moved.transaction.id })).toMatchObject({
      ok: false,
      __typename: 'AlreadyReversedError',
      code: 'ALREADY_REVERSED',
    })
    const id = reversed.ok ? reversed.transaction.id : ''
    expect(await client.reverseTransaction({ id })).toMatchObject({
      ok: false,
      __typename: 'NotReversibleError',
      code: 'NOT_REVERSIBLE',
    })
  })

  it('is refused when nothing is found, or the balance no longer covers it', async () => {
    const { client, ada, give } = engine
    expect(await client.reverseTransaction({ id: 'none' })).toMatchObject({
      ok: false,
      __typename: 'NotFoundError',
      code: 'TRANSACTION_NOT_FOUND',
    })
    const { transactionId: id } = await give(ada, 10)
    await client.postEntry({ ownerId: ada, operation: 'CREDIT_SPEND' })
    expect(await client.reverseTransaction({ id })).toMatchObject({
      ok: false,
      __typename: 'InsufficientBalanceError',
    })
  })
})

describe('refundEntry', () => {
  it('gives back parts of an entry, up to the whole', async () => {
    const { client, ada, give } = engine
    await give(ada, 10)
    const spent = await client.postEntry({ ownerId: ada, operation: 'CREDIT_SPEND', amount: 6 })
    const id = spent.ok ? spent.entry.id : ''
    expect(await client.refundEntry({ id, amount: 4 })).toMatchObject({
      ok: true,
      replayed: false,
      entry: { operation: 'CREDIT_SPEND', amount: 4, refunds: id, reverses: null },
      balance: { ownerId: ada, amount: 8 },
    })
    expect(await client.refundEntry({ id, amount: 3 })).toMatchObject({
      ok: false,
      __typename: 'RefundExceededError',
      code: 'REFUND_EXCEEDED',
      refundable: 2,
    })
    const transactionId = spent.ok ? spent.entry.transactionId : ''
    expect(await client.reverseTransaction({ id: transactionId })).toMatchObject({
      __typename: 'RefundExceededError',
      refundable: 2,
    })
  })

  it('is refused when nothing is found, for an entry of 0 credits, and for a part of a transfer', async () => {
    const { client, ada, bob, give } = engine
    expect(await client.refundEntry({ id: '0', amount: 1 })).toMatchObject({ code: 'ENTRY_NOT_FOUND' })
    const { id } = await give(ada, 10)
    expect(await client.refundEntry({ id, amount: 0 })).toMatchObject({ errors: [{ field: 'amount' }] })
    const moved = await client.transfer({ from: ada, to: bob, amount: 4 })
    const out = moved.ok ? moved.transaction.entries[0]?.id : ''
    expect(await client.refundEntry({ id: out ?? '', amount: 1 })).toMatchObject({
      __typename: 'ValidationError',
      errors: [{ field: 'id' }],
    })
  })
})
