import { expect, test } from 'vitest'
import { parseOptions } from '../options.ts'

test('a run has 60 s, its own seed and 10 s to recover', () => {
  const options = parseOptions([])
  expect(options).toMatchObject({ seconds: 60, recoverySeconds: 10 })
  expect(Number.isInteger(options?.seed)).toBe(true)
  expect(parseOptions(['--seconds', '20', '--seed', '7', '--recovery-seconds', '120'])).toEqual({
    seconds: 20,
    seed: 7,
    recoverySeconds: 120,
    workers: 0,
  })
})

test('a cluster has more time to recover, because what was under way must be agreed on', () => {
  expect(parseOptions(['--cluster', '3'])).toMatchObject({ workers: 3, recoverySeconds: 30 })
  expect(parseOptions(['--cluster', '2', '--recovery-seconds', '12'])).toMatchObject({ recoverySeconds: 12 })
})

test('--help ignores the other options', () => {
  expect(parseOptions(['--help'])).toBeUndefined()
  expect(parseOptions(['-h'])).toBeUndefined()
})

test.each([
  [['--seconds', '0'], '--seconds must be a number from 5 on, not "0".'],
  [['--seconds', 'long'], '--seconds must be a number from 5 on, not "long".'],
  [['--seconds', 'Infinity'], '--seconds must be a number from 5 on, not "Infinity".'],
  [['--seed', '1.5'], '--seed must be a whole number from 0 to 4294967295, not "1.5".'],
  [['--seed', ''], '--seed must be a whole number from 0 to 4294967295, not "".'],
  [['--seed', '4294967296'], '--seed must be a whole number from 0 to 4294967295, not "4294967296".'],
  [['--recovery-seconds', '0'], '--recovery-seconds must be a number from 1 on, not "0".'],
  [['--cluster', '1'], '--cluster must be a number of workers from 2 to 8, not "1".'],
  [['--cluster', 'all'], '--cluster must be a number of workers from 2 to 8, not "all".'],
  [['--minutes', '3'], "Unknown option '--minutes'"],
  [['content'], "Unexpected argument 'content'"],
])('%j is refused', (args, message) => {
  expect(() => parseOptions(args)).toThrow(message)
  expect(() => parseOptions(args)).toThrow(TypeError)
})
