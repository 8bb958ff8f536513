import { describe, expect, test } from 'vitest'
import { openGraph } from './open-graph.ts'

const { ledger, run, mutate, give, amounts } = await openGraph()

const posted = `
  ... on PostLedgerTransactionSuccess {
    transaction { id nonce metadata createdOn entries { id ownerId seq amount transactionId createdOn transaction { id entries { id } } } }
    balances { ownerId amount held available }
  }`
const post = (input: object) => mutate('postLedgerTransaction', input, posted)

const moved = `... on TransferCreditsSuccess {
  transaction { id nonce entries { ownerId operation amount } }
  balances { ownerId amount }
}`
const transfer = (input: object) => mutate('transferCredits', input, moved)

type Id = { readonly id: string }
const add = (ownerId: string, amount = 10) => ({ ownerId, operation: 'CREDIT_ADD', amount })
const spend = (ownerId: string, amount = 1) => ({ ownerId, operation: 'CREDIT_SPEND', amount })

describe('postLedgerTransaction', () => {
  test('posts all entries in order, and returns them with the balances of their owners', async () => {
    const result = await post({
      nonce: 't1',
      metadata: { for: 'lunch' },
      entries: [add('b'), add('a', 5), spend('b', 4)],
    })
    expect(result).toMatchObject({
      __typename: 'PostLedgerTransactionSuccess',
      transaction: {
        nonce: 't1',
        metadata: { for: 'lunch' },
        entries: [
          { ownerId: 'b', seq: 1, amount: 10 },
          { ownerId: 'a', seq: 1, amount: 5 },
          { ownerId: 'b', seq: 2, amount: -4 },
        ],
      },
      balances: [
        { ownerId: 'b', amount: 6, held: 0, available: 6 },
        { ownerId: 'a', amount: 5, held: 0, available: 5 },
      ],
    })
    const { id, createdOn, entries } = result.transaction
    for (const entry of entries) {
      expect(entry).toMatchObject({ transactionId: id, createdOn })
      expect(entry.transaction).toEqual({ id, entries: entries.map((of: { id: string }) => ({ id: of.id })) })
    }
    const read = await run('query ($id: ID!) { ledgerTransaction(id: $id) { nonce entries { id } } }', { id })
    expect(read.data.ledgerTransaction).toEqual({
      nonce: 't1',
      entries: entries.map((entry: { id: string }) => ({ id: entry.id })),
    })
    const byEntry = await run(
      'query ($id: ID!) { ledgerEntry(id: $id) { transaction { id entries { amount } } } }',
      {
        id: entries[2].id,
      },
    )
    expect(byEntry.data.ledgerEntry.transaction).toEqual({
      id,
      entries: [{ amount: 10 }, { amount: 5 }, { amount: -4 }],
    })
  })

  test('names the refused entry, and posts none', async () => {
    const entries = [add('first', 3), spend('first', 2), spend('first', 2)]
    expect(await post({ nonce: 'n', entries })).toMatchObject({
      __typename: 'InsufficientBalanceError',
      entryIndex: 2,
      current: { amount: 0, available: 0 },
    })
    expect(await amounts('first')).toEqual([0])
    expect(await post({ nonce: 'n', entries: [add('first', 2 ** 53 - 1), add('first', 1)] })).toMatchObject({
      code: 'BALANCE_OUT_OF_RANGE',
      entryIndex: 1,
    })
    const reward = { ownerId: 'first', operation: 'DAILY_REWARD' }
    const limited = await post({ nonce: 'n', entries: [reward, reward, reward] })
    expect(limited).toMatchObject({
      code: 'LIMIT_REACHED',
      ownerId: 'first',
      operation: 'DAILY_REWARD',
      entryIndex: 2,
    })
    expect(limited.nextOn).toMatch(/T00:00:00.000Z$/)
    expect(await amounts('first')).toEqual([0])
  })

  test('with balanced, requires the amounts to add up to zero', async () => {
    await give('payer', 10)
    const input = { nonce: 'n', balanced: true, entries: [spend('payer', 4), add('payee', 5)] }
    expect(await post(input)).toMatchObject({ code: 'VALIDATION_ERROR', errors: [{ field: 'entries' }] })
    expect(await post({ ...input, entries: [spend('payer', 4), add('payee', 4)] })).toMatchObject({
      balances: [{ amount: 6 }, { amount: 4 }],
    })
  })

  test('that is repeated is a duplicate, identical or not', async () => {
    const input = { nonce: 'again', entries: [add('one'), add('two')] }
    const first = await post(input)
    expect(await post(input)).toMatchObject({
      __typename: 'DuplicateNonceError',
      identical: true,
      original: { id: first.transaction.entries[0].id },
    })
    expect(await post({ ...input, entries: [add('two')] })).toMatchObject({
      identical: false,
      original: { id: first.transaction.entries[1].id },
    })
  })

  test('in a dry run, returns the outcome and writes nothing', async () => {
    const tried = await post({ nonce: 'try', dryRun: true, entries: [add('tried'), add('tried too')] })
    expect(tried).toMatchObject({
      transaction: {
        nonce: 'try',
        entries: [
          { amount: 10, transaction: { entries: tried.transaction.entries.map(({ id }: Id) => ({ id })) } },
          { amount: 10 },
        ],
      },
      balances: [{ amount: 10 }, { amount: 10 }],
    })
    const ids = tried.transaction.entries.map(({ id }: Id) => id)
    expect(ids).toEqual([expect.stringMatching(/^dry-run:/), expect.stringMatching(/^dry-run:/)])
    expect(new Set(ids).size).toBe(2)
    expect(await ledger.transaction(tried.transaction.id)).toBeNull()
    expect(await amounts('tried', 'tried too')).toEqual([0, 0])
    const entry = await mutate(
      'postLedgerEntry',
      { ...add('tried'), nonce: 'try', dryRun: true },
      '... on PostLedgerEntrySuccess { entry { id transactionId transaction { id entries { id } } } }',
    )
    expect(entry.entry.transaction).toEqual({
      id: entry.entry.transactionId,
      entries: [{ id: entry.entry.id }],
    })
  })

  test.each([
    ['nonce', ''],
    ['nonce', 'x'.repeat(256)],
    ['nonce', 'a\0'],
    ['nonce', '\ud800'],
    ['entries', []],
    ['entries', Array(101).fill(add('bad'))],
    ['entries.0.ownerId', [add('')]],
    ['entries.1.amount', [add('bad'), add('bad', -1)]],
    ['entries.0.amount', [{ ownerId: 'bad', operation: 'DAILY_REWARD', amount: 2 }]],
    ['entries.0.operation', [{ ownerId: 'bad', operation: 'TRANSFER_IN', amount: 2 }]],
    ['metadata.k', { k: 'NUL \0' }],
    ['metadata', Object.fromEntries(Array.from({ length: 21 }, (_, n) => [n, '']))],
  ])('refuses bad %s (%#)', async (field, value) => {
    const name = field.split('.')[0] ?? ''
    const input = { nonce: 'bad', entries: [add('bad')], [name]: value }
    expect(await post(input)).toMatchObject({ __typename: 'ValidationError', errors: [{ field }] })
    expect(await amounts('bad')).toEqual([0])
  })

  test.each([
    ['entries', null],
    ['entries', 'text'],
    ['entries', [null]],
    ['entries', [{ ...add('bad'), amount: 1.5 }]],
    ['entries', [{ ...add('bad'), amount: 2 ** 53 }]],
    ['entries', [{ ...add('bad'), operation: 'PROJECT_PAYMENT' }]],
    ['entries', [{ ...add('bad'), nonce: 'own' }]],
    ['balanced', 'yes'],
    ['dryRun', 1],
    ['metadata', { a: 1 }],
    ['extra', true],
  ])('refuses %s of another type (%#)', async (field, value) => {
    const { errors } = await post({ nonce: 'bad', entries: [add('bad')], [field]: value })
    expect(errors[0].message).toContain(field)
    expect(errors[0].extensions?.code).toBeUndefined()
    expect(await amounts('bad')).toEqual([0])
  })
})

test.each(['', '0', 'none', "'; --", '0'.repeat(5000), '00000000-0000-0000-0000-000000000000', 'a\0'])(
  'ledgerTransaction of an id that names none is null (%#)',
  async (id) => {
    expect(await run('query ($id: ID!) { ledgerTransaction(id: $id) { id } }', { id })).toEqual({
      data: { ledgerTransaction: null },
    })
  },
)

describe('transferCredits', () => {
  test('moves credits in a balanced transaction', async () => {
    await give('sender', 10)
    const input = { from: 'sender', to: 'receiver', amount: 4, nonce: 'm1' }
    const result = await transfer(input)
    expect(result).toMatchObject({
      __typename: 'TransferCreditsSuccess',
      transaction: {
        nonce: 'm1',
        entries: [
          { ownerId: 'sender', operation: 'TRANSFER_OUT', amount: -4 },
          { ownerId: 'receiver', operation: 'TRANSFER_IN', amount: 4 },
        ],
      },
      balances: [
        { ownerId: 'sender', amount: 6 },
        { ownerId: 'receiver', amount: 4 },
      ],
    })
    expect(await transfer(input)).toMatchObject({ code: 'DUPLICATE_NONCE', identical: true })
    expect(await transfer({ ...input, nonce: 'm2', amount: 7 })).toMatchObject({
      code: 'INSUFFICIENT_BALANCE',
      entryIndex: 0,
    })
    expect(await transfer({ ...input, nonce: 'm2', dryRun: true })).toMatchObject({
      balances: [{ amount: 2 }, { amount: 8 }],
    })
    expect(await amounts('sender', 'receiver')).toEqual([6, 4])
  })

  test.each([
    ['from', ''],
    ['to', ''],
    ['to', 'sender'],
    ['to', 'a\0'],
    ['amount', 0],
    ['amount', -1],
    ['nonce', ''],
  ])('refuses a bad %s (%j)', async (field, value) => {
    const input = { from: 'sender', to: 'receiver', amount: 1, nonce: 'bad', [field]: value }
    expect(await transfer(input)).toMatchObject({ __typename: 'ValidationError', errors: [{ field }] })
  })

  test.each([
    ['from', 5],
    ['to', null],
    ['amount', null],
    ['amount', 1e30],
    ['amount', '1'],
  ])('refuses %s of another type (%j)', async (field, value) => {
    const { errors } = await transfer({
      from: 'sender',
      to: 'receiver',
      amount: 1,
      nonce: 'bad',
      [field]: value,
    })
    expect(errors[0].message).toContain(field)
  })
})
