import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { findRoot } from '@shared-ledger/postgres'
import { expect, test } from 'vitest'
import { commandOf, commands } from '../src/commands.ts'
import { outcomeOf } from './support/command.ts'

const names = commands.map(({ name }) => name)

test.each(commands)(
  '$name says in one line how it is called, and then what its options do',
  ({ name, call, help }) => {
    expect(call).toMatch(new RegExp(`^shared-ledger ${name}(:| .*:) [^\n]*\\.$`))
    expect(help.split('\n')[0]).toBe(call)
  },
)

test.each(
  commands.flatMap(({ name, help, options }) =>
    Object.entries(options).map(([option, { about }]) => ({ name, help, option, about })),
  ),
)('$name says what --$option does', ({ help, option, about }) => {
  expect(help).toMatch(new RegExp(`--${option}.*  ${about.replaceAll(/[.()*+?[\]|]/g, '\\$&')}$`, 'm'))
})

test.each(commands)('$name refuses an unknown option in one line', async ({ run, call }) => {
  await expect(run(['--loud'])).rejects.toThrow(`Unknown option '--loud'. ${call}`)
})

test('a name of two words is tried before a name of one, and the rest is left for the command', () => {
  expect(commandOf(['migrate', 'new', 'content', 'add_boost'])).toMatchObject({
    command: { name: 'migrate new' },
    args: ['content', 'add_boost'],
  })
  expect(commandOf(['migrate', 'content'])).toMatchObject({ command: { name: 'migrate' }, args: ['content'] })
})

test('npx shared-ledger start --help starts nothing', async () => {
  const help = commandOf(['start'])?.command.help
  expect(await outcomeOf('start', findRoot(), ['--help'])).toEqual({ code: 0, output: help })
})

test.each([
  ['--help', 0],
  ['', 2],
])('shared-ledger %s lists the commands, also outside of a project', async (args, code) => {
  const outcome = await outcomeOf(args, '/', [])
  expect(outcome.code).toBe(code)
  for (const name of names) expect(outcome.output).toMatch(new RegExp(`^ {2}${name} +\\w`, 'm'))
})

test.each(['migrat', 'toString'])('there is no command %s', async (name) => {
  expect(await outcomeOf(name, '/', ['content'])).toEqual({
    code: 2,
    output: `There is no command "${name}". The commands are: ${names.join(', ')}.`,
  })
})

const root = findRoot()

/** Returns the files below a folder of the project, as paths from the root. */
function filesIn(folder: string): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
}

function textOf(file: string): string {
  return readFileSync(path.join(root, file), 'utf8')
}

const code = [
  ...readdirSync(path.join(root, 'packages')).flatMap((name) => filesIn(`packages/${name}/src`)),
  ...filesIn('prisma/functions'),
].filter((file) => !file.startsWith('packages/postgres/src/testing/'))

const templates = ['packages/cli/templates/app', 'packages/create-shared-ledger/template'].flatMap(filesIn)

const comments = /(?:^ *(?:\/?\*|--|\/\/)| \/\/).*$/gm

/** What users read, by file: the messages of the code, and all that is written into their projects. */
const texts = [
  ...code.map((file) => ({ file, text: textOf(file).replaceAll(comments, '') })),
  ...templates.map((file) => ({ file, text: textOf(file) })),
]

test('no text for users names a script or a document that only this repository has', () => {
  const { scripts }: { scripts: object } = JSON.parse(
    textOf('packages/create-shared-ledger/template/package.json'),
  )
  const named = texts.flatMap(({ file, text }) => {
    const ofNewProjects = file.startsWith('packages/create-shared-ledger/') ? Object.keys(scripts) : []
    return [...text.matchAll(/npm (start|test|run [\w:-]+)|docs\/[\w-]+\.md/g)]
      .filter(([, script = '']) => !ofNewProjects.includes(script.replace('run ', '')))
      .map(([match]) => `${file}: ${match}`)
  })
  expect(named).toEqual([])
})
