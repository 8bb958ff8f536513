import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { newApp } from '../src/new-app.ts'
import { writeNewFolder } from '../src/new-folder.ts'
import { outcomeOf, printedHere } from './support/command.ts'

let root = ''
beforeEach(() => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true) // what the command says is read of its own process
  root = mkdtempSync(path.join(tmpdir(), 'new-app-'))
  writeManifest({ workspaces: ['apps/*'] })
})
afterEach(() => {
  vi.restoreAllMocks()
  rmSync(root, { recursive: true })
})

const inRoot = (...parts: string[]) => path.join(root, ...parts)
const read = (file: string) => readFileSync(inRoot(file), 'utf8')
const writeManifest = (manifest: object) =>
  writeFileSync(inRoot('package.json'), JSON.stringify({ sharedLedger: {}, ...manifest }))
const write = (app: string, port?: string) =>
  newApp(root, { positionals: [app], values: { yes: true, ...(port !== undefined && { port }) } })

test('each file of a new app has its name and the next free port', async () => {
  await write('arcade')
  await write('rides')
  await write('fair', '4010')
  const portOf = (app: string) => /port: (\d+)/.exec(read(`apps/${app}/src/app.ts`))?.[1]
  expect(['arcade', 'rides', 'fair'].map(portOf)).toEqual(['4001', '4002', '4010'])
  expect(read('apps/rides/prisma.config.ts')).toContain("defineAppConfig('rides')")
  const migrations = readdirSync(inRoot('apps/rides/prisma/migrations'))
  expect(migrations).toEqual([expect.stringMatching(/^\d{14}_create$/), 'migration_lock.toml'])
  const files = readdirSync(inRoot('apps/rides'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => readFileSync(path.join(parentPath, name), 'utf8'))
  expect(files.length).toBeGreaterThan(12)
  expect(files.filter((text) => /\bsample\b|\b4999\b/.test(text))).toEqual([])
})

test('the package.json has the same versions as the apps here, and the licence and author of the root', async () => {
  writeManifest({ license: 'MIT', author: 'Ada' })
  await write('arcade')
  const { dependencies, ...manifest } = JSON.parse(read('apps/arcade/package.json'))
  const content = JSON.parse(
    readFileSync(path.join(import.meta.dirname, '../../../apps/content/package.json'), 'utf8'),
  )
  expect(dependencies).toEqual(content.dependencies)
  expect(manifest).toEqual({
    name: 'arcade',
    version: '0.1.0',
    private: true,
    type: 'module',
    scripts: { start: 'shared-ledger start arcade' },
    license: 'MIT',
    author: 'Ada',
  })
})

test.each([
  [{ workspaces: ['apps/*'] }, ['apps/*']],
  [{ workspaces: ['./apps/*/'] }, ['./apps/*/']],
  [{ workspaces: ['apps/**'] }, ['apps/**']],
  [{ workspaces: ['apps/arcade'] }, ['apps/arcade']],
  [{ workspaces: ['packages/*', 'apps/arcades'] }, ['packages/*', 'apps/arcades', 'apps/arcade']],
  [{}, ['apps/arcade']],
  [{ workspaces: { packages: ['packages/*'] } }, { packages: ['packages/*', 'apps/arcade'] }],
])('the workspaces of %j have it afterwards', async (manifest, workspaces) => {
  writeManifest(manifest)
  await write('arcade')
  expect(JSON.parse(read('package.json'))).toEqual({ sharedLedger: {}, workspaces })
})

test.each([
  ['Arcade', "is not an app's name. Use lower-case letters, digits and underscores"],
  ['time-sheets', "is not an app's name."],
  ['../arcade', "is not an app's name."],
  ['a'.repeat(41), "is not an app's name."],
  ['ledger', 'is taken'],
  ['pg_arcade', 'is taken'],
  ['new', '`shared-ledger migrate new` is a command'],
  ['graphql', 'is a package that a new app uses'],
  ['zod', 'is a package that a new app uses'],
])('the name %j is refused', async (name, message) => {
  await expect(write(name)).rejects.toThrow(message)
  expect(readdirSync(root)).toEqual(['package.json'])
})

test.each(['0', '65536', 'x', '80.5', ''])('the port %j is refused', async (port) => {
  await expect(write('arcade', port)).rejects.toThrow('A port is a whole number from 1 to 65535')
  expect(readdirSync(root)).toEqual(['package.json'])
})

test('the port of another app is refused', async () => {
  await write('arcade')
  await expect(write('rides', '4001')).rejects.toThrow(
    'The app arcade has the port 4001. Name another, such as 4002.',
  )
  expect(readdirSync(inRoot('apps'))).toEqual(['arcade'])
})

test.each([
  ['prisma', 'db', 'prisma'],
  ['operations', 'operations.ts', 'src/operations.ts'],
  ['schema', 'graph/schema.ts', 'src/schema.ts'],
  ['server', 'src/main.ts', 'src/server.ts'],
])('a project that configures another place for %s is refused', async (field, configured, file) => {
  writeManifest({ sharedLedger: { [field]: configured } })
  await expect(write('arcade')).rejects.toThrow(
    `sharedLedger.${field} in package.json is "${configured}", but a new app has ${file}: nothing was written.`,
  )
  expect(readdirSync(root)).toEqual(['package.json'])
  writeManifest({ sharedLedger: { [field]: `./${file}` } })
  await write('arcade')
  expect(existsSync(inRoot('apps/arcade', file))).toBe(true)
})

test('an existing folder is not changed', async () => {
  mkdirSync(inRoot('apps/arcade'), { recursive: true })
  writeFileSync(inRoot('apps/arcade/mine'), 'mine')
  await expect(write('arcade')).rejects.toThrow('apps/arcade is there already: nothing was written.')
  expect(readdirSync(inRoot('apps/arcade'))).toEqual(['mine'])
})

test('a project that lists the folder of each app must list the new folder first', async () => {
  writeManifest({ sharedLedger: { apps: { shop: 'services/shop' } } })
  await expect(write('arcade')).rejects.toThrow('names the folder of each app: add one for arcade')
  writeManifest({ sharedLedger: { apps: { arcade: 'services/arcade' } } })
  await write('arcade')
  expect(read('services/arcade/src/app.ts')).toContain("app: 'arcade'")
})

test('files already written are deleted when a later step fails', () => {
  const folder = inRoot('apps/arcade')
  const clash = [
    { file: 'src', text: 'a file' },
    { file: 'src/app.ts', text: 'in no folder' },
  ]
  expect(() => writeNewFolder(folder, clash, () => {})).toThrow(/EEXIST|ENOTDIR/)
  expect(existsSync(folder)).toBe(false)
  const fail = () => {
    throw new Error('no space left')
  }
  expect(() => writeNewFolder(folder, [{ file: 'a', text: '' }], fail)).toThrow('no space left')
  expect(existsSync(folder)).toBe(false)
})

test('asks for the missing answers and prints the next steps', async () => {
  const { code, stdout, stderr } = await printedHere('new-app', root, [], { keys: ['arcade\r', '4711\r'] })
  expect({ code, stderr }).toMatchObject({ code: 0 })
  const asked = stripVTControlCharacters(stderr)
  expect(asked).toContain('The name of the app?')
  expect(asked).toMatch(/Its port\?\n│ {2}4001\n/)
  expect(stdout).toBe(
    [
      'Wrote apps/arcade: an app in which owners buy things. A purchase posts PURCHASE (-2 credits), by GraphQL and REST.',
      'Next:',
      '  npm install',
      '  npx shared-ledger start arcade',
    ].join('\n'),
  )
  expect(read('apps/arcade/src/app.ts')).toContain('port: 4711')
})

test('an empty answer takes the next free port', async () => {
  expect(await printedHere('new-app', root, ['arcade'], { keys: ['\r'] })).toMatchObject({ code: 0 })
  expect(read('apps/arcade/src/app.ts')).toContain('port: 4001')
})

test('without a terminal, the port is the next free one, and the name is required', async () => {
  expect(await outcomeOf('new-app', root, ['arcade'])).toMatchObject({ code: 0 })
  expect(read('apps/arcade/src/app.ts')).toContain('port: 4001')
  expect(await outcomeOf('new-app', root, [])).toEqual({
    code: 2,
    output: expect.stringMatching(/^NAME is missing\. shared-ledger new-app /),
  })
})
