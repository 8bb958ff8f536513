import { describe, expect, test } from 'vitest'
import { createLedger, defineOperations, sharedOperations, transferOperations } from '../src/index.ts'
import { brokenBooks, games, openGames, operations } from './open-ledger.ts'

const { ledger, pool, prisma, sql, another } = await openGames()
const other = another(games)

const add = (ownerId: string, amount: number) =>
  ledger.postEntry({ ownerId, operation: 'CREDIT_ADD', amount, nonce: crypto.randomUUID() })
const amountOf = async (ownerId: string) => (await ledger.balance(ownerId)).amount

describe('a transfer', () => {
  test('moves credits from one owner to another, in one balanced transaction', async () => {
    await add('ada', 10)
    const result = await ledger.transfer({
      from: 'ada',
      to: 'bob',
      amount: 4,
      nonce: 't',
      metadata: { why: 'gift' },
    })
    expect(result).toMatchObject({
      ok: true,
      transaction: {
        nonce: 't',
        metadata: { why: 'gift' },
        entries: [
          { ownerId: 'ada', operation: 'TRANSFER_OUT', amount: -4, balanceAfter: 6 },
          { ownerId: 'bob', operation: 'TRANSFER_IN', amount: 4, balanceAfter: 4 },
        ],
      },
      balances: [
        { ownerId: 'ada', amount: 6 },
        { ownerId: 'bob', amount: 4 },
      ],
    })
    const again = { from: 'ada', to: 'bob', amount: 4, nonce: 't', metadata: { why: 'gift' } }
    expect(await ledger.transfer(again)).toMatchObject({
      error: { code: 'DUPLICATE_NONCE', identical: true },
    })
    expect(await ledger.transfer({ ...again, to: 'eve' })).toMatchObject({ error: { identical: false } })
    expect(await amountOf('eve')).toBe(0)
  })

  test('needs the credits, and makes no account when it is refused', async () => {
    const result = await ledger.transfer({ from: 'poor', to: 'nobody', amount: 1, nonce: 'n' })
    expect(result).toMatchObject({
      error: { code: 'INSUFFICIENT_BALANCE', entryIndex: 0, balance: { ownerId: 'poor' } },
    })
    const { rows } = await sql.query("SELECT FROM ledger.accounts WHERE owner_id IN ('poor', 'nobody')")
    expect(rows).toEqual([])
  })

  test.each([
    ['to', { to: 'ada' }],
    ['to', { to: '' }],
    ['from', { from: 'x'.repeat(256) }],
    ['from', { from: null }],
    ['amount', { amount: 0 }],
    ['amount', { amount: -1 }],
    ['amount', { amount: 1.5 }],
    ['amount', { amount: 2 ** 53 }],
    ['amount', { amount: '5' }],
    ['amount', { amount: undefined }],
    ['nonce', { nonce: 'a\0' }],
    ['metadata', { metadata: 'text' }],
    ['dryRun', { dryRun: 'yes' }],
  ])('refuses a bad %s: %j', async (field, input) => {
    const unchecked = { from: 'ada', to: 'zoe', amount: 1, nonce: 'bad', ...input } as never
    expect(await ledger.transfer(unchecked)).toMatchObject({
      error: { code: 'VALIDATION_ERROR', errors: [{ field }] },
    })
    expect(await amountOf('zoe')).toBe(0)
  })

  test('beyond a range that the app narrowed is refused with its own field', async () => {
    const narrow = createLedger({
      app: 'games',
      pool,
      operations: defineOperations({
        ...games,
        TRANSFER_OUT: { ...transferOperations.TRANSFER_OUT, amount: { min: -3, max: -1 } },
      }),
    })
    expect(await narrow.transfer({ from: 'ada', to: 'bob', amount: 4, nonce: 'narrow' })).toMatchObject({
      error: { errors: [{ field: 'amount', message: 'must be from 1 to 3 credits' }] },
    })
    expect(await narrow.transfer({ from: 'ada', to: 'bob', amount: 3, nonce: 'narrow' })).toMatchObject({
      ok: true,
    })
  })

  test("of an app without the operations is the app's mistake", async () => {
    const content = createLedger({ app: 'content', operations, pool })
    await expect(content.transfer({ from: 'a', to: 'b', amount: 1, nonce: 'n' })).rejects.toThrow(
      'Transfers need the operations ...transferOperations.',
    )
  })

  test('back and forth at once, from two processes: no deadlock, no credit lost', async () => {
    await add('left', 20)
    await add('right', 20)
    const results = await Promise.all(
      Array.from({ length: 60 }, (_, i) => {
        const [from, to] = i % 2 ? ['left', 'right'] : ['right', 'left']
        const input = { from: from!, to: to!, amount: 1 + (i % 5), nonce: `swing ${i}` }
        return (i % 3 ? ledger : other).transfer(input)
      }),
    )
    for (const result of results) if (!result.ok) expect(result.error.code).toBe('INSUFFICIENT_BALANCE')
    expect((await amountOf('left')) + (await amountOf('right'))).toBe(40)
    expect(await brokenBooks(sql)).toEqual([])
  })

  test("is a part of the app's own transaction", async () => {
    await add('tx', 5)
    const input = { from: 'tx', to: 'tx 2', amount: 5, nonce: 'n' }
    const rolledBack = prisma.$transaction(async (tx) => {
      await ledger.transfer(input, { tx })
      await ledger.transfer({ ...input, nonce: 'too much' }, { tx })
    })
    await expect(rolledBack).rejects.toMatchObject({ code: 'INSUFFICIENT_BALANCE' })
    expect(await amountOf('tx')).toBe(5)
    await prisma.$transaction((tx) => ledger.transfer(input, { tx }))
    expect(await amountOf('tx 2')).toBe(5)
  })
})

describe('a paired operation', () => {
  test.each(['TRANSFER_IN', 'TRANSFER_OUT'] as const)(
    '%s is posted only in balanced transactions',
    async (operation) => {
      await add('pair', 10)
      const entry = { ownerId: 'pair', operation, amount: 1 }
      const refused = {
        error: {
          code: 'VALIDATION_ERROR',
          errors: [{ message: `${operation} is posted only in balanced transactions, such as a transfer` }],
        },
      }
      const before = await amountOf('pair')
      expect(await ledger.postEntry({ ...entry, nonce: 'n' })).toMatchObject(refused)
      expect(await ledger.postEntries([{ ...entry, nonce: 'n' }])).toMatchObject([refused])
      expect(await ledger.postTransaction({ nonce: 'n', entries: [entry] })).toMatchObject(refused)
      expect(await ledger.postTransaction({ nonce: 'n', balanced: true, entries: [entry] })).toMatchObject({
        error: { errors: [{ field: 'entries' }] },
      })
      expect(await ledger.holdCredits({ ...entry, nonce: 'n', expiresIn: 60 })).toMatchObject({
        error: { code: 'VALIDATION_ERROR' },
      })
      expect(await amountOf('pair')).toBe(before)
    },
  )

  test('is not refunded alone', async () => {
    await add('payer', 10)
    const posted = await ledger.transfer({ from: 'payer', to: 'payee', amount: 10, nonce: 't' })
    if (!posted.ok) throw posted.error
    for (const { id } of posted.transaction.entries) {
      expect(await ledger.refundEntry({ id, amount: 1, nonce: crypto.randomUUID() })).toMatchObject({
        error: { code: 'VALIDATION_ERROR', errors: [{ field: 'id' }] },
      })
    }
    expect(await ledger.reverseTransaction({ id: posted.transaction.id, nonce: 'back' })).toMatchObject({
      ok: true,
    })
    expect([await amountOf('payer'), await amountOf('payee')]).toEqual([10, 0])
  })

  test('mixed with others in a balanced transaction neither makes nor destroys credits', async () => {
    await add('mixed', 10)
    const entries = [
      { ownerId: 'mixed', operation: 'TRANSFER_OUT', amount: 6 },
      { ownerId: 'mixed 2', operation: 'CREDIT_ADD', amount: 6 },
    ] as const
    expect(await ledger.postTransaction({ nonce: 'n', balanced: true, entries })).toMatchObject({ ok: true })
  })

  test.each([
    ['a fixed 0', { TIP: { amount: 0, paired: true } }, 'TIP: a paired operation moves credits.'],
    [
      'a shared one',
      { CREDIT_ADD: { ...sharedOperations.CREDIT_ADD, paired: true } },
      'CREDIT_ADD is shared: an app may only make its range narrower or give it a limit or a lot.',
    ],
  ])('is none: %s', (_what, own, message) => {
    expect(() => defineOperations({ ...sharedOperations, ...own } as never)).toThrow(message)
  })
})
