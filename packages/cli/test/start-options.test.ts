import { expect, test } from 'vitest'
import { readArguments } from '../src/command.ts'
import { workersOf } from '../src/start-options.ts'

test.each([
  ['1', 1],
  ['2', 2],
  ['16', 16],
])('%j workers', (given, workers) => {
  expect(workersOf(given)).toBe(workers)
})

test.each(['0', '17', '1.5', '1e1', '0x2', ' 2', 'two', '', '-1'])('%j workers are refused', (workers) => {
  expect(() => workersOf(workers)).toThrow(
    `--workers must be a whole number from 1 to 16, not ${JSON.stringify(workers)}.`,
  )
})

const options = {
  workers: { type: 'string', value: 'NUMBER', default: '1', about: 'how many' },
} as const

test.each([
  [[], { positionals: [], values: { workers: '1' } }],
  [['content', 'freelance'], { positionals: ['content', 'freelance'], values: { workers: '1' } }],
  [['--workers=16', 'content'], { positionals: ['content'], values: { workers: '16' } }],
])('%j are read', (args, given) => {
  expect(readArguments(args, { options, maxArguments: 2 })).toMatchObject(given)
})

test.each([
  [['--workers'], "Option '--workers <value>' argument missing."],
  [['--worker', '2'], "Unknown option '--worker'."],
  [['content'], 'It does not take "content".'],
])('%j are refused in one line', (args, message) => {
  expect(() => readArguments(args, { options })).toThrow(message)
})
