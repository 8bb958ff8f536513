import { describe, expect, test } from 'vitest'
import { openGraph } from './open-graph.ts'

const { ledger, mutate, give, amounts } = await openGraph()

const reverse = (input: object) =>
  mutate(
    'reverseLedgerTransaction',
    input,
    `... on ReverseLedgerTransactionSuccess {
      transaction { id nonce metadata entries { ownerId operation amount reverses refunds } }
      balances { ownerId amount }
    }`,
  )
const refund = (input: object) =>
  mutate(
    'refundLedgerEntry',
    input,
    `... on RefundLedgerEntrySuccess { entry { id amount refunds reverses balanceAfter } balance { amount } }`,
  )

async function spent(ownerId: string, amount: number) {
  await give(ownerId, amount)
  const result = await ledger.postEntry({
    ownerId,
    operation: 'CREDIT_SPEND',
    amount,
    nonce: crypto.randomUUID(),
  })
  if (!result.ok) throw result.error
  return result.entry
}

describe('reverseLedgerTransaction', () => {
  test('undoes each entry, in reverse order, once', async () => {
    await give('from', 10)
    const transfer = await ledger.transfer({ from: 'from', to: 'to', amount: 4, nonce: 't' })
    if (!transfer.ok) throw transfer.error
    const { id, entries } = transfer.transaction
    const input = { id, nonce: 'undo', metadata: { why: 'mistake' } }
    expect(await reverse({ ...input, dryRun: true })).toMatchObject({
      balances: [{ amount: 0 }, { amount: 10 }],
    })
    const reversed = await reverse(input)
    expect(reversed).toMatchObject({
      __typename: 'ReverseLedgerTransactionSuccess',
      transaction: {
        nonce: 'undo',
        metadata: { why: 'mistake' },
        entries: [
          { ownerId: 'to', operation: 'TRANSFER_IN', amount: -4, reverses: entries[1]?.id, refunds: null },
          { ownerId: 'from', operation: 'TRANSFER_OUT', amount: 4, reverses: entries[0]?.id, refunds: null },
        ],
      },
      balances: [
        { ownerId: 'to', amount: 0 },
        { ownerId: 'from', amount: 10 },
      ],
    })
    expect(await reverse(input)).toMatchObject({ code: 'DUPLICATE_NONCE', identical: true })
    expect(await reverse({ ...input, nonce: 'again' })).toMatchObject({
      __typename: 'AlreadyReversedError',
      code: 'ALREADY_REVERSED',
    })
    expect(await reverse({ id: reversed.transaction.id, nonce: 'back' })).toMatchObject({
      __typename: 'NotReversibleError',
      code: 'NOT_REVERSIBLE',
    })
    expect(await amounts('from', 'to')).toEqual([10, 0])
  })

  test('is refused when a balance no longer covers it', async () => {
    const { transactionId: id } = await give('spender', 10)
    await ledger.postEntry({ ownerId: 'spender', operation: 'CREDIT_SPEND', amount: 1, nonce: 's' })
    expect(await reverse({ id, nonce: 'r' })).toMatchObject({
      code: 'INSUFFICIENT_BALANCE',
      current: { amount: 9 },
    })
  })

  test.each(['', 'none', '1', '00000000-0000-0000-0000-000000000000', 'a\0', '\ud800'])(
    'of an id that names none is refused (%#)',
    async (id) => {
      expect(await reverse({ id, nonce: 'n' })).toMatchObject({
        __typename: 'NotFoundError',
        code: 'TRANSACTION_NOT_FOUND',
      })
    },
  )

  test('refuses bad input', async () => {
    const { transactionId: id } = await give('bad', 1)
    expect(await reverse({ id, nonce: '' })).toMatchObject({ errors: [{ field: 'nonce' }] })
    expect(await reverse({ id, nonce: 'n', metadata: { k: '\0' } })).toMatchObject({
      errors: [{ field: 'metadata.k' }],
    })
    expect((await reverse({ id: null, nonce: 'n' })).errors[0].message).toContain('id')
    expect(await amounts('bad')).toEqual([1])
  })
})

describe('refundLedgerEntry', () => {
  test('gives an entry back in parts, up to the whole', async () => {
    const { id, transactionId } = await spent('buyer', 10)
    expect(await refund({ id, amount: 4, nonce: 'r1' })).toMatchObject({
      __typename: 'RefundLedgerEntrySuccess',
      entry: { amount: 4, refunds: id, reverses: null, balanceAfter: 4 },
      balance: { amount: 4 },
    })
    expect(await refund({ id, amount: 4, nonce: 'r1' })).toMatchObject({ identical: true })
    expect(await refund({ id, amount: 7, nonce: 'r2' })).toMatchObject({
      __typename: 'RefundExceededError',
      code: 'REFUND_EXCEEDED',
      refundable: 6,
    })
    expect(await reverse({ id: transactionId, nonce: 'r2' })).toMatchObject({
      code: 'REFUND_EXCEEDED',
      refundable: 6,
    })
    const rest = await refund({ id, amount: 6, nonce: 'r2' })
    expect(rest).toMatchObject({ balance: { amount: 10 } })
    expect(await refund({ id, amount: 1, nonce: 'r3' })).toMatchObject({ refundable: 0 })
    expect(await refund({ id: rest.entry.id, amount: 1, nonce: 'r3' })).toMatchObject({
      code: 'NOT_REVERSIBLE',
    })
  })

  test.each(['', '0', '-1', 'none', '999999999', '9'.repeat(30), 'a\0'])(
    'of an id that names none is refused (%#)',
    async (id) => {
      expect(await refund({ id, amount: 1, nonce: 'n' })).toMatchObject({
        __typename: 'NotFoundError',
        code: 'ENTRY_NOT_FOUND',
      })
    },
  )

  test('refuses bad input', async () => {
    const { id } = await spent('bad buyer', 5)
    for (const amount of [0, -1]) {
      expect(await refund({ id, amount, nonce: 'n' })).toMatchObject({ errors: [{ field: 'amount' }] })
    }
    for (const amount of [null, 1.5, 2 ** 53, '1']) {
      expect((await refund({ id, amount, nonce: 'n' })).errors[0].message).toContain('amount')
    }
    expect(await refund({ id, amount: 1, nonce: '' })).toMatchObject({ errors: [{ field: 'nonce' }] })
    expect(await amounts('bad buyer')).toEqual([0])
  })

  test('refuses one half of a transfer', async () => {
    await give('half', 5)
    const transfer = await ledger.transfer({ from: 'half', to: 'other half', amount: 5, nonce: 't' })
    if (!transfer.ok) throw transfer.error
    const id = transfer.transaction.entries[0]?.id
    expect(await refund({ id, amount: 1, nonce: 'n' })).toMatchObject({ errors: [{ field: 'id' }] })
  })
})
