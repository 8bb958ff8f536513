import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { tableOf } from '../../../docs/test/markdown.ts'
import { newApp } from '../../cli/src/new-app.ts'
import { createProject } from '../src/create-project.ts'
import { stepsOf } from '../src/steps.ts'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

let home = ''
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'create-'))
})
afterEach(() => rmSync(home, { recursive: true }))

/** Runs the command with an npm that has no registry. */
async function create(...args: string[]): Promise<{ code: unknown; errors: string }> {
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), main, ...args], {
    cwd: home,
    env: { ...process.env, npm_config_offline: 'true', npm_config_cache: path.join(home, '.cache') },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const [errors, [code]] = await Promise.all([text(child.stderr), once(child, 'close')])
  return { code, errors }
}

test.each(['a-0.0.0', 'my-credits', 'game'])(
  'the package.json of %s has its name, and our version',
  (name) => {
    const project = createProject(path.join(home, name))
    const manifest = JSON.parse(readFileSync(path.join(project, 'package.json'), 'utf8'))
    expect([manifest.name, manifest.devDependencies['shared-ledger']]).toEqual([name, version])
    expect(readFileSync(path.join(project, 'README.md'), 'utf8')).toMatch(`# ${name}\n`)
  },
)

/** Returns the scripts of a package.json that call the command, by name. */
function commandsIn(file: string): Record<string, string> {
  const { scripts } = JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8'))
  return Object.fromEntries(
    Object.entries<string>(scripts).filter(([, command]) => command.startsWith('shared-ledger ')),
  )
}

test('docs/packages.md shows the scripts that call the command in a new monorepo; this repository has them too', () => {
  const shown = tableOf('docs/packages.md', ['script', 'command']).map(({ script = '', command = '' }) => [
    /^npm (?:run )?([\w:-]+)/.exec(script)?.[1],
    command.replace('npx ', ''),
  ])
  expect(Object.fromEntries(shown)).toEqual(commandsIn('../template/package.json'))
  expect(commandsIn('../../../package.json')).toMatchObject(Object.fromEntries(shown))
})

test.each([
  'Shop',
  'time-sheets',
  '../shop',
  '',
  'a'.repeat(41),
  'ledger',
  'pg_shop',
  'shop_template',
  'correction_shop',
  'new',
  'graphql',
  'zod',
])('the app %j, which new-app refuses, is refused before anything is written', async (app) => {
  const { code, errors } = await create('my-credits', `--app=${app}`, '--no-install')
  expect({ code, errors }).toEqual({ code: 1, errors: expect.stringMatching(/not an app's name|is taken/) })
  expect(readdirSync(home)).toEqual([])
  const project = createProject(path.join(home, 'other'))
  await expect(newApp(project, { positionals: [app], values: { yes: true } })).rejects.toThrow()
})

test('the command that writes the app is where npm installs it', () => {
  const installed = path.join(import.meta.dirname, '../../..')
  const commands = stepsOf('shop').filter(({ program }) => program === 'node')
  expect(commands).toHaveLength(1)
  for (const { args } of commands) expect(existsSync(path.join(installed, args[0] ?? ''))).toBe(true)
})

test('after an npm install that failed, it says which commands are left', async () => {
  const { code, errors } = await create('my-credits', '--app', 'shop')
  expect(code).toBe(1)
  expect(errors).toContain('this failed: npm install\n')
  expect(errors).toContain(`Made my-credits. What is left to do:
  cd my-credits
  npm install
  npx shared-ledger new-app shop --yes
  npm install
  npm start
`)
  expect(existsSync(path.join(home, 'my-credits/apps'))).toBe(false)
})
