import { expect, test } from 'vitest'
import { readStartOptions } from '../src/start-options.ts'

test.each([
  [[], { names: [], workers: 1 }],
  [['content', 'freelance'], { names: ['content', 'freelance'], workers: 1 }],
  [['content', '--workers', '2'], { names: ['content'], workers: 2 }],
  [['--workers=16', 'content'], { names: ['content'], workers: 16 }],
])('%j are options', (args, options) => {
  expect(readStartOptions(args)).toEqual(options)
})

test.each(['0', '17', '1.5', '1e1', '0x2', ' 2', 'two', '', '-1'])('%j workers are refused', (workers) => {
  expect(() => readStartOptions([`--workers=${workers}`])).toThrow(
    `--workers must be a whole number from 1 to 16, not ${JSON.stringify(workers)}.`,
  )
})

test('no number, and an option that there is not, are refused', () => {
  expect(() => readStartOptions(['--workers'])).toThrow("Option '--workers <value>' argument missing")
  expect(() => readStartOptions(['--worker', '2'])).toThrow("Unknown option '--worker'")
})
