import { findRoot } from '@shared-ledger/postgres'
import { expect, test } from 'vitest'
import { npm, outcomeOf } from './support/command.ts'

const commands = [
  ['start', 'npm start '],
  ['migrate', 'npm run migrate '],
  ['migrate-new', 'npm run migrate:new '],
  ['provision', 'npm run provision '],
  ['keys', 'npm run keys '],
  ['verify', 'npm run verify '],
  ['checkpoint', 'npm run checkpoint '],
  ['prove', 'npm run prove '],
  ['reset', 'npm run db:reset '],
] as const

test.each(commands)('%s --help says in one line how it is called', async (name, call) => {
  const { code, output } = await outcomeOf(name, findRoot(), ['--help'])
  expect(output.split('\n')).toEqual([expect.stringContaining(call)])
  expect(code).toBe(0)
})

test.each(commands)('%s refuses in one line an option that it does not take', async (name, call) => {
  const { code, output } = await outcomeOf(name, findRoot(), ['--loud'])
  expect(output.split('\n')).toEqual([expect.stringContaining(`Unknown option '--loud'. ${call}`)])
  expect(code).toBe(1)
})

test('npm start -- --help starts nothing', async () => {
  const started = npm(findRoot(), ['start', '--silent', '--', '--help'])
  expect(await started.ended).toBe(0)
  expect(started.lines).toEqual([expect.stringMatching(/^npm start /)])
})
