import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { brokenBooks, openLedger, operations } from './open-ledger.ts'

const { ledger, another, sql } = await openLedger()
const other = another(operations)
const processes = [ledger, other]

/** Returns the ledger of one of the two pools. */
const either = (index: number) => processes[index % 2]!

describe('at once', () => {
  test('50 spends of 1 from a balance of 10: exactly 10 are accepted', async () => {
    await ledger.postEntry({ ownerId: 'ten', operation: 'CREDIT_ADD', amount: 10, nonce: 'in' })
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        either(i).postEntry({ ownerId: 'ten', operation: 'CREDIT_SPEND', amount: 1, nonce: `out ${i}` }),
      ),
    )
    expect(results.filter((result) => result.ok)).toHaveLength(10)
    expect(
      results.filter((result) => !result.ok && result.error.code === 'INSUFFICIENT_BALANCE'),
    ).toHaveLength(40)
    expect(await ledger.balance('ten')).toMatchObject({ amount: 0 })
  })

  test('one nonce 20 times: one entry, 19 duplicates, also for a new owner', async () => {
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        either(i).postEntry({ ownerId: 'same', operation: 'CREDIT_ADD', amount: 7, nonce: 'n' }),
      ),
    )
    const [original] = results.flatMap((result) => (result.ok ? [result.entry] : []))
    expect(results.filter((result) => result.ok)).toHaveLength(1)
    const duplicates = results.flatMap((result) => (result.ok ? [] : [result.error]))
    expect(duplicates).toHaveLength(19)
    for (const duplicate of duplicates) {
      expect(duplicate).toMatchObject({ code: 'DUPLICATE_NONCE', identical: true, entry: original })
    }
    expect(await ledger.balance('same')).toMatchObject({ amount: 7 })
  })

  test('random postings of several owners keep the books correct', async () => {
    const posting = fc.record({
      ownerId: fc.constantFrom('o1', 'o2', 'o3'),
      operation: fc.constantFrom('CREDIT_ADD' as const, 'CREDIT_SPEND' as const, 'CONTENT_CREATION' as const),
      nonce: fc.integer({ min: 0, max: 40 }).map(String),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(posting, { minLength: 20, maxLength: 60 }), async (postings) => {
        await Promise.all(postings.map((input, i) => either(i).postEntry(input)))
        expect(await brokenBooks(sql)).toEqual([])
      }),
      { numRuns: 10 },
    )
  })
})
