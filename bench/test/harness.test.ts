import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { closedLoop } from '../closed-loop.ts'
import { ownerDraw } from '../owners.ts'
import { measureRounds, type Variant } from '../rounds.ts'
import { tinySizes } from '../sizes.ts'
import { median, quantile } from '../statistics.ts'

test('the median of an even number of values lies between the middle two', () => {
  expect(median([4, 1, 3])).toBe(3)
  expect(median([4, 1, 3, 2])).toBe(2.5)
  expect(quantile([10, 1, 2, 3, 4, 5, 6, 7, 8, 9], 0.99)).toBe(10)
  expect(() => median([])).toThrow(RangeError)
})

test('a loop has as many calls at once as callers, and at least one answer', async () => {
  let [open, most] = [0, 0]
  const { callsPerSecond } = await closedLoop({ callers: 3, seconds: 0.001 }, async () => {
    open += 1
    most = Math.max(most, open)
    await sleep(20)
    open -= 1
  })
  expect(most).toBe(3)
  expect(open).toBe(0)
  expect(callsPerSecond).toBeGreaterThan(0)
})

test('a loop ends with the error of a call, once every caller has stopped', async () => {
  let open = 0
  const failing = closedLoop({ callers: 3, seconds: 60 }, async (caller) => {
    if (caller === 1) throw new Error('refused')
    open += 1
    await sleep(20)
    open -= 1
  })
  await expect(failing).rejects.toThrow('refused')
  expect(open).toBe(0)
})

test('variants take turns, every other round backwards, and the first turn does not count', async () => {
  const turns: string[] = []
  const variant = (name: string): Variant => ({
    name,
    unit: 'ms',
    async measure() {
      if (name === 'broken') throw new Error('broken')
      return turns.push(name)
    },
  })
  const measured = await measureRounds(['a', 'broken', 'b'].map(variant), {
    rounds: 2,
    seconds: 1,
    log: () => {},
  })
  expect(turns).toEqual(['a', 'b', 'b', 'a', 'a', 'b'])
  expect(measured).toEqual([
    { name: 'a', unit: 'ms', rounds: [4, 5] },
    { name: 'broken', unit: 'ms', rounds: [], failure: 'broken' },
    { name: 'b', unit: 'ms', rounds: [3, 6] },
  ])
})

test('zipf prefers the first owners, uniform none', () => {
  const shareOfFirst = (distribution: 'uniform' | 'zipf') => {
    const draw = ownerDraw(distribution, { ...tinySizes, owners: 1_000 })
    return Array.from({ length: 5_000 }, draw).filter((owner) => owner === 'owner-0').length / 5_000
  }
  expect(shareOfFirst('zipf')).toBeGreaterThan(0.08) // 1 / (1 + 1/2 + … + 1/1000) is 0.13
  expect(shareOfFirst('uniform')).toBeLessThan(0.02)
})
