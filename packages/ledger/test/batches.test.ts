import { describe, expect, test } from 'vitest'
import type { PostEntryInput } from '../src/index.ts'
import { brokenBooks, games, openGames } from './open-ledger.ts'

const { ledger, posted, sql, another } = await openGames()
const other = another(games)

type Input = PostEntryInput<keyof typeof games>
const give = (ownerId: string, amount: number, nonce: string): Input => ({
  ownerId,
  operation: 'CREDIT_ADD',
  amount,
  nonce,
})
const take = (ownerId: string, amount: number, nonce: string): Input => ({
  ownerId,
  operation: 'CREDIT_SPEND',
  amount,
  nonce,
})

const codes = (results: Awaited<ReturnType<typeof ledger.postEntries>>) =>
  results.map((result) => (result.ok ? result.balance.amount : result.error.code))

describe('a batch', () => {
  test('posts each entry on its own, as if one after another, and returns the results in order', async () => {
    const results = await ledger.postEntries([
      take('a', 1, '1'),
      give('a', 5, '2'),
      take('a', 3, '3'),
      take('a', 3, '4'),
      give('b', 1, '2'),
      take('a', 2, '5'),
    ])
    expect(codes(results)).toEqual(['INSUFFICIENT_BALANCE', 5, 2, 'INSUFFICIENT_BALANCE', 1, 0])
    const ids = results.flatMap((result) => (result.ok ? [result.entry.transactionId] : []))
    expect(new Set(ids).size).toBe(4)
    expect(await brokenBooks(sql)).toEqual([])
  })

  test('recognises its own duplicates', async () => {
    const results = await ledger.postEntries([
      give('twice', 5, 'n'),
      give('twice', 5, 'n'),
      give('twice', 6, 'n'),
      give('other', 5, 'n'),
      take('twice', 9, 'm'),
      take('twice', 1, 'm'),
      take('twice', 1, 'm'),
    ])
    expect(codes(results)).toEqual([
      5,
      'DUPLICATE_NONCE',
      'DUPLICATE_NONCE',
      5,
      'INSUFFICIENT_BALANCE',
      4,
      'DUPLICATE_NONCE',
    ])
    const [first] = results
    expect(results[1]).toMatchObject({
      error: { identical: true, entry: first?.ok && first.entry, balance: { amount: 5 } },
    })
    expect(results[2]).toMatchObject({ error: { identical: false, entry: first?.ok && first.entry } })
    expect(results[6]).toMatchObject({ error: { identical: true, balance: { amount: 4 } } })
  })

  test('marks the balances that a later entry has replaced', async () => {
    const run = async (dryRun: boolean) => {
      const results = await ledger.postEntries(
        [
          give('marked', 5, '1'),
          give('apart', 1, '1'),
          take('marked', 9, '2'),
          give('marked', 1, '3'),
          give('', 1, '4'),
        ],
        { dryRun },
      )
      return results.flatMap((result) => {
        const told = result.ok ? result : result.error
        return 'balance' in told ? [told.balance.seenIn] : []
      })
    }
    const seen = expect.stringMatching(/^[\da-f-]{36}$/)
    expect(await run(true)).toEqual([seen, seen, seen, seen])
    expect(await run(false)).toEqual([seen, undefined, seen, undefined])
  })

  test('accepts invalid entries between valid ones', async () => {
    posted.length = 0
    const inputs = [
      give('mix', 1, '1'),
      { ...give('mix', 1, '2'), amount: -1 },
      { ...give('mix', 1, '3'), operation: 'NONE' },
      null,
      'text',
      { ownerId: 'mix', operation: 'TRANSFER_IN', amount: 5, nonce: '4' },
      { ...give('mix', 1, '5'), dryRun: true },
      { ownerId: 'mix', operation: 'DAILY_REWARD', amount: 2, nonce: '6' },
      give('mix', 1, '7'),
      { ...give('mix', 1, '7'), amount: undefined, dryRun: false },
    ]
    const results = await ledger.postEntries(inputs as unknown as Input[])
    const invalid = 'VALIDATION_ERROR'
    expect(codes(results)).toEqual([
      1,
      invalid,
      invalid,
      invalid,
      invalid,
      invalid,
      invalid,
      invalid,
      2,
      'DUPLICATE_NONCE',
    ])
    const fields = results.map((result) =>
      !result.ok && result.error.code === invalid ? result.error.errors[0]?.field : '',
    )
    expect(fields).toEqual([
      '',
      'amount',
      'operation',
      'input',
      'input',
      'operation',
      'dryRun',
      'amount',
      '',
      '',
    ])
    expect(posted.map(({ outcome }) => outcome)).toEqual([
      'posted',
      invalid,
      invalid,
      'posted',
      'DUPLICATE_NONCE',
    ])
  })

  test('of only invalid entries sends nothing to the database', async () => {
    expect(codes(await ledger.postEntries([null as unknown as Input]))).toEqual(['VALIDATION_ERROR'])
  })

  test('of 1 and of 1,000 is posted, of 0 and of 1,001 refused', async () => {
    expect(await ledger.postEntries([give('size', 1, 'one')])).toMatchObject([{ ok: true }])
    const many = Array.from({ length: 1001 }, (_, i) => give(`size ${i % 300}`, 1, `n ${i}`))
    expect((await ledger.postEntries(many.slice(0, 1000))).every(({ ok }) => ok)).toBe(true)
    for (const inputs of [[], many, null, 'text', { length: 1 }]) {
      await expect(ledger.postEntries(inputs as never)).rejects.toMatchObject({
        code: 'VALIDATION_ERROR',
        errors: [{ field: 'inputs', message: 'must be a list of 1 to 1000 entries' }],
      })
    }
    await expect(
      ledger.postEntries([give('size', 1, 'dry')], { dryRun: 'yes' as never }),
    ).rejects.toMatchObject({
      errors: [{ field: 'dryRun' }],
    })
    expect(await brokenBooks(sql)).toEqual([])
  })

  test('of 1,000 owners with one nonce, or of one owner with 1,000, is as fast as any', async () => {
    const timed = async (inputs: readonly Input[]) => {
      const start = performance.now()
      const results = await ledger.postEntries(inputs)
      expect(results.every(({ ok }) => ok)).toBe(true)
      return performance.now() - start
    }
    const numbers = Array.from({ length: 1000 }, (_, i) => i)
    const plain = await timed(numbers.map((i) => give(`plain ${i}`, 1, `n ${i}`)))
    const slow = 10 * plain + 1000
    expect(await timed(numbers.map((i) => give(`reward ${i}`, 1, 'the same')))).toBeLessThan(slow)
    expect(await timed(numbers.map((i) => give('hot', 1, `n ${i}`)))).toBeLessThan(slow)
  })

  test('the same one from two processes at once posts each entry once', async () => {
    const inputs = Array.from({ length: 400 }, (_, i) => give(`both ${(i * 7) % 40}`, 1, `n ${i}`))
    const [left, right] = await Promise.all([
      ledger.postEntries(inputs),
      other.postEntries(inputs.toReversed()),
    ])
    const counts = inputs.map((_, i) => Number(left[i]?.ok) + Number(right[inputs.length - 1 - i]?.ok))
    expect(new Set(counts)).toEqual(new Set([1]))
    expect(await brokenBooks(sql)).toEqual([])
  })
})
