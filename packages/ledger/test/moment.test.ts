import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isEarlier, lastMillisecondBefore, parseMoment } from '../src/moment.ts'

/** Parses a valid moment. */
function moment(text: string): Date {
  const parsed = parseMoment(text)
  if (!parsed) throw new Error(`${text} is no moment`)
  return parsed
}

describe('a moment', () => {
  test.each([
    ['2026-11-21T10:15:30Z', '2026-11-21T10:15:30.000Z'],
    ['2026-11-21t10:15:30.5z', '2026-11-21T10:15:30.500Z'],
    ['2026-11-21T10:15:30.301001Z', '2026-11-21T10:15:30.301Z'],
    ['2026-11-21T10:15:30.3010000000000000000000000000001+02:00', '2026-11-21T08:15:30.301Z'],
    ['2026-11-21T00:15:30-00:00', '2026-11-21T00:15:30.000Z'],
    ['2024-02-29T23:59:59-14:30', '2024-03-01T14:29:59.000Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.9999Z', '9999-12-31T23:59:59.999Z'],
  ])('%s is in the millisecond %s', (text, millisecond) => {
    expect(moment(text).toISOString()).toBe(millisecond)
  })

  test.each([
    '',
    'now',
    '2026-11-21',
    '2026-11-21T10:15:30',
    '2026-11-21T10:15Z',
    '2026-11-21 10:15:30Z',
    '2026-11-21T10:15:30.Z',
    '2026-11-21T10:15:30,5Z',
    '2026-11-21T10:15:30+0200',
    '2026-11-21T10:15:30+24:00',
    '2026-11-21T10:15:30|02:00',
    '2026-11-21T10:15:60Z',
    '2026-11-21T24:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-02-29T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '+010000-01-01T00:00:00Z',
    ' 2026-11-21T10:15:30Z',
    '2026-11-21T10:15:30Z\n',
  ])('is not named by "%s"', (text) => {
    expect(parseMoment(text)).toBeUndefined()
  })
})

test('moments of any precision are compared exactly', () => {
  const second = fc.integer({ min: 0, max: 3 }).map((ms) => `301${ms}`.slice(0, 3))
  const finer = fc.stringMatching(/^[0-2]{0,12}$/)
  fc.assert(
    fc.property(second, finer, second, finer, (ms, rest, otherMs, otherRest) => {
      const at = (digits: string) => moment(`2026-11-21T10:15:30.${digits}Z`)
      const [digits, otherDigits] = [ms + rest, otherMs + otherRest]
      const nano = (text: string) => BigInt(text.padEnd(20, '0'))
      expect(isEarlier(at(digits), at(otherDigits))).toBe(nano(digits) < nano(otherDigits))
      // A row that was created in a millisecond counts as created at its start.
      const created = at(otherMs)
      expect(created <= lastMillisecondBefore(at(digits))).toBe(nano(otherMs) < nano(digits))
    }),
  )
})

test('a second of a million digits is read at once', () => {
  const digits = `${'0'.repeat(1_000_000)}1`
  const started = moment(`2026-11-21T10:15:30.${digits}Z`)
  expect(lastMillisecondBefore(started).toISOString()).toBe('2026-11-21T10:15:30.000Z')
})
