import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { findRoot } from '@shared-ledger/postgres'
import { expect, test } from 'vitest'
import { commandOf, commands } from '../src/commands.ts'
import { npm, outcomeOf } from './support/command.ts'

const names = commands.map(({ name }) => name)

test.each(commands.map(({ name, help }) => [name, help]))(
  '%s says in one line how it is called',
  (name, help) => {
    expect(help).toMatch(new RegExp(`^shared-ledger ${name}(:| .*:) [^\n]*\\.$`))
  },
)

test.each(commands)('$name refuses an unknown option in one line', async ({ run, help }) => {
  await expect(run(['--loud'])).rejects.toThrow(`Unknown option '--loud'. ${help}`)
})

test('a name of two words is tried before a name of one, and the rest is left for the command', () => {
  expect(commandOf(['migrate', 'new', 'content', 'add_boost'])).toMatchObject({
    command: { name: 'migrate new' },
    args: ['content', 'add_boost'],
  })
  expect(commandOf(['migrate', 'content'])).toMatchObject({ command: { name: 'migrate' }, args: ['content'] })
})

test('npx shared-ledger start --help starts nothing', async () => {
  const started = npm(findRoot(), ['start', '--silent', '--', '--help'])
  expect(await started.ended).toBe(0)
  expect(started.lines).toEqual([commandOf(['start'])?.command.help])
})

test.each([
  ['--help', 0],
  ['', 1],
])('shared-ledger %s lists the commands, also outside of a project', async (args, code) => {
  const outcome = await outcomeOf(args, '/', [])
  expect(outcome.code).toBe(code)
  for (const name of names) expect(outcome.output).toMatch(new RegExp(`^ {2}${name} +\\w`, 'm'))
})

test.each(['migrat', 'toString'])('there is no command %s', async (name) => {
  expect(await outcomeOf(name, '/', ['content'])).toEqual({
    code: 1,
    output: `There is no command "${name}". The commands are: ${names.join(', ')}.`,
  })
})

test('no message tells a user to run a script that only this repository has', () => {
  const packages = path.join(findRoot(), 'packages')
  const sources = readdirSync(packages).flatMap((name) =>
    readdirSync(path.join(packages, name, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.startsWith('testing'))
      .map((file) => path.join(packages, name, 'src', file)),
  )
  const code = (file: string) => readFileSync(file, 'utf8').replaceAll(/^ *(?:\/?\*|\/\/).*$/gm, '')
  expect(sources.filter((file) => /npm (?:run|start -)/.test(code(file)))).toEqual([])
})
