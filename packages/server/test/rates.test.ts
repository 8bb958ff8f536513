import { scopes } from '@shared-ledger/ledger/facts'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { anyone } from '../src/identify.ts'
import { rateLimitShape } from '../src/rate-limit.ts'
import { createRates } from '../src/rates.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
afterEach(() => void vi.useRealTimers())

const named = (name: string) => ({ name, scopes })
const ann = named('ann')
const ratesOf = (text: string, principals = 10_000) => createRates(rateLimitShape.parse(text), principals)

/** Returns how many requests in a row are accepted. */
function taken(rates: ReturnType<typeof ratesOf>, principal = ann, most = 100_000): number {
  let count = 0
  while (count < most && rates.count(principal) === undefined) count += 1
  return count
}

describe('RATE_LIMIT', () => {
  test.each([
    ['100/s', 100, 1_000, 100],
    ['100/s burst 200', 100, 1_000, 200],
    ['90/min burst 1', 90, 60_000, 1],
    ['1/h', 1, 3_600_000, 1],
  ])('%s is a rate', (text, requests, perMs, burst) => {
    expect(rateLimitShape.parse(text)).toEqual({ requests, perMs, burst })
  })

  test.each([
    '',
    '100',
    '0/s',
    '-1/s',
    '1.5/s',
    '100/day',
    '100/s burst',
    '100/s burst 0',
    '100 /s',
    '1e9/s',
    '9'.repeat(400),
  ])('%j is not a rate', (text) => expect(rateLimitShape.safeParse(text).success).toBe(false))
})

describe('a principal', () => {
  test('has as many requests as the burst, and then the rate', () => {
    const rates = ratesOf('100/s burst 200')
    expect(taken(rates)).toBe(200)
    vi.advanceTimersByTime(50)
    expect(taken(rates)).toBe(5)
    vi.advanceTimersByTime(3_600_000)
    expect(taken(rates)).toBe(200)
  })

  test('is told when to come back, also in the headers', () => {
    const rates = ratesOf('6/min burst 3')
    taken(rates)
    const refused = rates.count(ann)
    expect(refused).toMatchObject({
      code: 'RATE_LIMITED',
      principal: 'ann',
      headers: {
        'retry-after': '10',
        'ratelimit-policy': '"principal";q=3;w=30',
        ratelimit: '"principal";r=0;t=10',
      },
    })
    expect(refused?.message).toBe(
      'The caller has sent too many requests. Each caller may have 6 a minute, and 3 at once. Nothing was done. Try again in 10 s.',
    )
    vi.advanceTimersByTime(9_999)
    expect(rates.count(ann)).toBeDefined()
    vi.advanceTimersByTime(1)
    expect(rates.count(ann)).toBeUndefined()
  })

  test('is not limited by another principal, nor by an owner with its name', () => {
    const rates = ratesOf('1/h burst 5')
    expect(taken(rates)).toBe(5)
    expect(taken(rates, named('bob'))).toBe(5)
    let ofOwner = 0
    while (rates.count({ name: 'ann', owner: 'ann' }) === undefined) ofOwner += 1
    expect(ofOwner).toBe(5)
    expect(taken(rates, named('x'.repeat(1_000_000)))).toBe(5)
    expect(taken(rates, named('x'.repeat(1_000_000)))).toBe(0)
  })

  test('is not counted when requests are not authenticated', () => {
    const rates = ratesOf('1/h')
    expect(taken(rates, { ...ann })).toBe(1)
    for (let time = 1; time <= 100; time += 1) {
      expect(rates.count(anyone)).toBeUndefined()
      expect(rates.countAs(anyone, 1000)).toBeUndefined()
    }
  })
})

describe('a request that counts for several', () => {
  test('is accepted when enough tokens are there, and leaves the rest', () => {
    const rates = ratesOf('1/h burst 1000')
    expect([rates.count(ann), rates.countAs(ann, 990)]).toEqual([undefined, undefined])
    expect(taken(rates)).toBe(10)
  })

  test('waits until enough tokens are there', () => {
    const rates = ratesOf('100/s burst 1000')
    expect([rates.count(ann), rates.countAs(ann, 900), rates.count(ann)]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    const refused = rates.countAs(ann, 500)
    expect(refused?.headers['retry-after']).toBe('5') // 500 are needed, 99 are there
    expect(refused?.message).toMatch(/^The request counts for 500\. /)
    vi.advanceTimersByTime(5_000)
    expect([rates.count(ann), rates.countAs(ann, 500)]).toEqual([undefined, undefined])
  })

  test('beyond the burst waits for a full bucket, and leaves a debt', () => {
    const rates = ratesOf('100/s burst 200')
    expect([rates.count(ann), rates.countAs(ann, 1000)]).toEqual([undefined, undefined])
    expect(rates.count(ann)?.headers['retry-after']).toBe('9') // 800 owed, and one for this request
    vi.advanceTimersByTime(8_000)
    expect(taken(rates)).toBe(0)
    vi.advanceTimersByTime(2_000)
    expect([rates.count(ann), rates.countAs(ann, 1000)]).toEqual([undefined, undefined])
  })

  test('is accepted with a burst of 1, too', () => {
    const rates = ratesOf('1/s burst 1')
    expect([rates.count(ann), rates.countAs(ann, 10)]).toEqual([undefined, undefined])
    expect(rates.count(ann)?.headers['retry-after']).toBe('10')
  })
})

test('few buckets are kept, and the least recently used principal starts again with a full one', () => {
  const rates = ratesOf('1/h burst 2', 3)
  for (const name of ['a', 'b', 'c']) expect(taken(rates, named(name))).toBe(2)
  expect(taken(rates, named('a'))).toBe(0)
  expect(taken(rates, named('d'))).toBe(2) // it took the place of b
  expect(['a', 'c', 'd'].map((name) => taken(rates, named(name)))).toEqual([0, 0, 0])
  expect(taken(rates, named('b'))).toBe(2)
})
