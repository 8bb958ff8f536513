import { describe, expect, test } from 'vitest'
import { brokenBooks, games, openGames, postBySql } from './open-ledger.ts'

const { ledger, prisma, sql, another } = await openGames()
const processes = [ledger, another(games), another(games)]
const either = (index: number) => processes[index % processes.length]!

const post = async (ownerId: string, operation: keyof typeof games, amount?: number) => {
  const result = await ledger.postEntry({ ownerId, operation, amount, nonce: crypto.randomUUID() })
  if (!result.ok) throw result.error
  return result.entry
}
const amountOf = async (ownerId: string) => (await ledger.balance(ownerId)).amount

describe('a reversal', () => {
  test('undoes a transaction in reverse order, entry by entry', async () => {
    await post('a', 'CREDIT_ADD', 10)
    const posted = await ledger.postTransaction({
      nonce: 't',
      entries: [
        { ownerId: 'a', operation: 'CREDIT_SPEND', amount: 10 },
        { ownerId: 'b', operation: 'GAME_ONCE' },
        { ownerId: 'a', operation: 'DAILY_REWARD' },
        { ownerId: 'a', operation: 'GAME_VISIT' },
      ],
    })
    if (!posted.ok) throw posted.error
    const originals = posted.transaction.entries
    const reversal = await ledger.reverseTransaction({
      id: posted.transaction.id,
      nonce: 'r',
      metadata: { why: 'x' },
    })
    if (!reversal.ok) throw reversal.error
    const { entries } = reversal.transaction
    expect(entries.map(({ reverses }) => reverses)).toEqual(originals.map(({ id }) => id).toReversed())
    expect(entries.map(({ amount }) => amount)).toEqual([0, -1, -5, 10])
    expect(entries.map(({ operation }) => operation)).toEqual(
      originals.map(({ operation }) => operation).toReversed(),
    )
    expect(Object.is(entries[0]?.amount, 0)).toBe(true)
    expect(reversal.transaction).toMatchObject({ nonce: 'r', metadata: { why: 'x' } })
    expect(reversal.balances).toMatchObject([
      { ownerId: 'a', amount: 10 },
      { ownerId: 'b', amount: 0 },
    ])
    // A replay returns the original. Another nonce is refused as too late.
    const id = posted.transaction.id
    expect(await ledger.reverseTransaction({ id, nonce: 'r', metadata: { why: 'x' } })).toMatchObject({
      error: { code: 'DUPLICATE_NONCE', identical: true, entry: entries[0] },
    })
    expect(await ledger.reverseTransaction({ id, nonce: 'r2' })).toMatchObject({
      error: { code: 'ALREADY_REVERSED' },
    })
    const reversed = reversal.transaction
    expect(await ledger.reverseTransaction({ id: reversed.id, nonce: 'r3' })).toMatchObject({
      error: { code: 'NOT_REVERSIBLE' },
    })
    expect(await ledger.refundEntry({ id: entries[3]!.id, amount: 1, nonce: 'r4' })).toMatchObject({
      error: { code: 'NOT_REVERSIBLE' },
    })
    expect(await ledger.refundEntry({ id: originals[0]!.id, amount: 1, nonce: 'r5' })).toMatchObject({
      error: { code: 'ALREADY_REVERSED' },
    })
  })

  test('20 times at once, from three processes, is done once', async () => {
    const { transactionId: id } = await post('once', 'CREDIT_ADD', 10)
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, i) => either(i).reverseTransaction({ id, nonce: `r ${i % 10}` })),
    )
    expect(results.filter(({ ok }) => ok)).toHaveLength(1)
    const codes = new Set(results.map((result) => (result.ok ? 'ok' : result.error.code)))
    expect(codes).toEqual(new Set(['ok', 'ALREADY_REVERSED', 'DUPLICATE_NONCE']))
    expect(await amountOf('once')).toBe(0)
  })

  test('that the balance no longer covers is refused completely, until an overdraft covers it', async () => {
    const posted = await ledger.postTransaction({
      nonce: 't',
      entries: [
        { ownerId: 'rich', operation: 'CREDIT_ADD', amount: 5 },
        { ownerId: 'spent', operation: 'CREDIT_ADD', amount: 8 },
        { ownerId: 'rich', operation: 'CREDIT_ADD', amount: 1 },
      ],
    })
    if (!posted.ok) throw posted.error
    await post('spent', 'CREDIT_SPEND', 6)
    const { id } = posted.transaction
    expect(await ledger.reverseTransaction({ id, nonce: 'r' })).toMatchObject({
      error: { code: 'INSUFFICIENT_BALANCE', entryIndex: 1, balance: { ownerId: 'spent', amount: 2 } },
    })
    expect(await amountOf('rich')).toBe(6)
    await ledger.setOverdraft({ ownerId: 'spent', limit: 6 })
    expect(await ledger.reverseTransaction({ id, nonce: 'r' })).toMatchObject({ ok: true })
    expect([await amountOf('rich'), await amountOf('spent')]).toEqual([0, -6])
  })

  test('of a spend that would go beyond 2^53 - 1 is refused', async () => {
    await post('vast', 'CREDIT_ADD', 5)
    const { transactionId: id } = await post('vast', 'CREDIT_SPEND', 5)
    await post('vast', 'CREDIT_ADD', 2 ** 53 - 1)
    expect(await ledger.reverseTransaction({ id, nonce: 'r' })).toMatchObject({
      error: { code: 'BALANCE_OUT_OF_RANGE', entryIndex: 0 },
    })
  })

  test('of a partly refunded entry is refused, and the rest is refunded instead', async () => {
    await post('partly', 'CREDIT_ADD', 10)
    const spent = await post('partly', 'CREDIT_SPEND', 10)
    await ledger.refundEntry({ id: spent.id, amount: 9, nonce: 'f' })
    expect(await ledger.reverseTransaction({ id: spent.transactionId, nonce: 'r' })).toMatchObject({
      error: {
        code: 'REFUND_EXCEEDED',
        refundable: 1,
        message: `Entry ${spent.id} was refunded in part; refund the rest: 1 credit.`,
      },
    })
    expect(await amountOf('partly')).toBe(9)
  })

  test('does not reset a limit', async () => {
    const { transactionId: id } = await post('limited', 'GAME_ONCE')
    expect(await ledger.reverseTransaction({ id, nonce: 'r' })).toMatchObject({ ok: true })
    const again = { ownerId: 'limited', operation: 'GAME_ONCE', nonce: 'again' } as const
    expect(await ledger.postEntry(again)).toMatchObject({ error: { code: 'LIMIT_REACHED' } })
  })

  test("of an unknown transaction, or of another app's, is not found", async () => {
    for (const id of ['', 'x', '1', 'a\0', crypto.randomUUID(), '\ud800'.repeat(500)]) {
      expect(await ledger.reverseTransaction({ id, nonce: 'r' })).toMatchObject({
        error: { code: 'TRANSACTION_NOT_FOUND' },
      })
    }
    await postBySql(sql, { ownerId: 'a', amount: 5 })
    const { rows } = await sql.query("SELECT id, transaction_id FROM ledger.entries WHERE app = 'content'")
    expect(await ledger.reverseTransaction({ id: rows[0].transaction_id, nonce: 'r' })).toMatchObject({
      error: { code: 'TRANSACTION_NOT_FOUND' },
    })
    expect(await ledger.refundEntry({ id: rows[0].id, amount: 1, nonce: 'r' })).toMatchObject({
      error: { code: 'ENTRY_NOT_FOUND' },
    })
  })
})

describe('a refund', () => {
  test('gives a part back, several times, up to the whole', async () => {
    await post('r', 'CREDIT_ADD', 10)
    const { id } = await post('r', 'CREDIT_SPEND', 10)
    const refund = (amount: number, nonce: string) => ledger.refundEntry({ id, amount, nonce })
    expect(await refund(3, '1')).toMatchObject({
      ok: true,
      entry: { operation: 'CREDIT_SPEND', amount: 3, refunds: id, reverses: null },
      balance: { amount: 3 },
    })
    expect(await refund(3, '1')).toMatchObject({ error: { code: 'DUPLICATE_NONCE', identical: true } })
    expect(await refund(4, '1')).toMatchObject({ error: { code: 'DUPLICATE_NONCE', identical: false } })
    expect(await refund(8, '2')).toMatchObject({
      error: {
        code: 'REFUND_EXCEEDED',
        refundable: 7,
        message: `7 credits of entry ${id} can still be refunded.`,
      },
    })
    expect(await refund(7, '2')).toMatchObject({ ok: true, balance: { amount: 10 } })
    expect(await refund(1, '3')).toMatchObject({ error: { code: 'REFUND_EXCEEDED', refundable: 0 } })
  })

  test('of received credits takes them back, if they are still there', async () => {
    const { id } = await post('in', 'CREDIT_ADD', 10)
    await post('in', 'CREDIT_SPEND', 8)
    expect(await ledger.refundEntry({ id, amount: 3, nonce: '1' })).toMatchObject({
      error: { code: 'INSUFFICIENT_BALANCE', message: 'The posting takes 3 credits, in has 2 available.' },
    })
    expect(await ledger.refundEntry({ id, amount: 2, nonce: '1' })).toMatchObject({
      ok: true,
      entry: { amount: -2 },
      balance: { amount: 0 },
    })
  })

  test('of an entry of 0 credits is refused', async () => {
    const { id } = await post('zero', 'GAME_VISIT')
    expect(await ledger.refundEntry({ id, amount: 1, nonce: '1' })).toMatchObject({
      error: { code: 'REFUND_EXCEEDED', refundable: 0 },
    })
  })

  test('30 times at once, from three processes, gives back no more than the whole', async () => {
    await post('rush', 'CREDIT_ADD', 20)
    const { id } = await post('rush', 'CREDIT_SPEND', 20)
    const results = await Promise.all(
      Array.from({ length: 30 }, (_, i) => either(i).refundEntry({ id, amount: 3, nonce: `f ${i}` })),
    )
    expect(results.filter(({ ok }) => ok)).toHaveLength(6)
    expect(await amountOf('rush')).toBe(18)
    expect(await brokenBooks(sql)).toEqual([])
  })

  test('and a reversal at once: one of them succeeds, never both', async () => {
    for (let round = 0; round < 8; round += 1) {
      await post('race', 'CREDIT_ADD', 10)
      const { id, transactionId } = await post('race', 'CREDIT_SPEND', 10)
      const [refunded, reversed] = await Promise.all([
        either(round).refundEntry({ id, amount: 10, nonce: `f ${round}` }),
        either(round + 1).reverseTransaction({ id: transactionId, nonce: `r ${round}` }),
      ])
      expect(Number(refunded.ok) + Number(reversed.ok)).toBe(1)
    }
    expect(await brokenBooks(sql)).toEqual([])
  })
})

describe('bad input', () => {
  test.each([
    ['id', { id: 5 }],
    ['id', { id: null }],
    ['nonce', { nonce: '' }],
    ['nonce', { nonce: 7 }],
    ['metadata.a', { metadata: { a: null } }],
    ['dryRun', { dryRun: 1 }],
  ])('of a reversal and a refund names %s: %j', async (field, input) => {
    const unchecked = { id: '1', amount: 1, nonce: 'n', ...input } as never
    const refused = { ok: false, error: { code: 'VALIDATION_ERROR', errors: [{ field }] } }
    expect(await ledger.reverseTransaction(unchecked)).toMatchObject(refused)
    expect(await ledger.refundEntry(unchecked)).toMatchObject(refused)
  })

  test.each([0, -1, 1.5, 2 ** 53, Number.NaN, '1', null, undefined])(
    'of a refund names amount: %j',
    async (amount) => {
      const unchecked = { id: '1', amount, nonce: 'n' } as never
      expect(await ledger.refundEntry(unchecked)).toMatchObject({
        error: {
          errors: [
            { field: 'amount', message: 'must be a whole number of credits from 1 to 9007199254740991' },
          ],
        },
      })
    },
  )

  test.each(['0', '-1', '1.5', 'x', '', '99999999999999999999', '1; DROP TABLE', '\0'])(
    'an entry with the id %j is not found',
    async (id) => {
      expect(await ledger.refundEntry({ id, amount: 1, nonce: 'n' })).toMatchObject({
        error: { code: 'ENTRY_NOT_FOUND' },
      })
    },
  )
})

test("corrections in the app's own transaction see its postings, and commit with it", async () => {
  const rolledBack = prisma.$transaction(async (tx) => {
    const posting = { ownerId: 'tx', operation: 'CREDIT_ADD', amount: 10, nonce: 'n' } as const
    const { entry } = await ledger.postEntry(posting, { tx })
    await ledger.refundEntry({ id: entry.id, amount: 4, nonce: 'f' }, { tx })
    const reversal = { id: entry.transactionId, nonce: 'r' }
    await expect(ledger.reverseTransaction(reversal, { tx })).rejects.toMatchObject({
      code: 'REFUND_EXCEEDED',
    })
    const other = await ledger.postEntry({ ...posting, nonce: 'm' }, { tx })
    const reversed = await ledger.reverseTransaction({ id: other.entry.transactionId, nonce: 'r' }, { tx })
    expect(reversed.balances).toMatchObject([{ amount: 6 }])
    throw new Error('no')
  })
  await expect(rolledBack).rejects.toThrow('no')
  expect((await sql.query("SELECT FROM ledger.accounts WHERE owner_id = 'tx'")).rows).toEqual([])
})
