import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  amountLimits,
  amountProblem,
  amountRuleProblem,
  inCredits,
  maxCredits,
  signed,
} from '../src/operations/amount.ts'

const credits = fc.integer({ min: 1, max: maxCredits })

describe('an amount rule', () => {
  test('that is usable returns a signed amount in its own range', () => {
    fc.assert(
      fc.property(credits, credits, fc.constantFrom(-1, 1), credits, (a, b, sign, amount) => {
        const [min, max] = [sign * a, sign * b].sort((x, y) => x - y) as [number, number]
        expect(amountRuleProblem({ min, max })).toBeUndefined()
        const limits = amountLimits({ min, max })
        const inside = signed(limits.direction, amount) >= min && signed(limits.direction, amount) <= max
        expect(amountProblem(limits, amount) === undefined).toBe(inside)
      }),
    )
  })

  test('of a fixed amount accepts that amount or none', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.maxSafeNat(), (fixed, amount) => {
        const limits = amountLimits(fixed)
        expect(amountProblem(limits, undefined)).toBeUndefined()
        expect(amountProblem(limits, amount) === undefined).toBe(amount === Math.abs(fixed))
        expect(signed(limits.direction, Math.abs(fixed))).toBe(fixed)
      }),
    )
  })

  test('writes credits in words: 1 credit, 2 credits', () => {
    expect([0, 1, 2, -1n, 1n].map(inCredits)).toEqual([
      '0 credits',
      '1 credit',
      '2 credits',
      '-1 credits',
      '1 credit',
    ])
    expect(amountProblem(amountLimits(-1), 2)).toBe(
      "must be 1 credit or left out: the operation's amount is fixed",
    )
    expect(amountProblem(amountLimits({ min: 1, max: 5 }), 6)).toBe('must be from 1 to 5 credits')
  })

  test('without a default requires an amount', () => {
    expect(amountProblem(amountLimits({ min: -9, max: -1 }), undefined)).toBe(
      'is required: from 1 to 9 credits',
    )
  })

  test('of 0 posts 0, not -0', () => {
    expect(Object.is(signed(amountLimits(0).direction, 0), 0)).toBe(true)
    expect(amountRuleProblem(-0)).toBeDefined()
  })
})
