import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { configurationIn } from '../src/index.ts'

let root: string
beforeAll(() => {
  root = mkdtempSync(path.join(tmpdir(), 'configuration-'))
})
afterAll(() => rmSync(root, { recursive: true }))

const write = (text: string) => writeFileSync(path.join(root, 'package.json'), text)
const configured = (sharedLedger: unknown) => {
  write(JSON.stringify({ name: 'shop', sharedLedger }))
  return configurationIn(root)
}

const defaults = {
  apps: 'apps',
  prisma: 'prisma',
  operations: 'src/operations.ts',
  schema: 'src/schema.ts',
  server: 'src/server.ts',
}

test('what is left out is by convention', () => {
  expect(configured({})).toEqual(defaults)
  const own = { apps: { shop: 'services/shop' }, server: 'main.ts', ledger: 'database/ledger' }
  expect(configured(own)).toEqual({ ...defaults, ...own })
})

test.each([
  ['a folder without package.json', () => rmSync(path.join(root, 'package.json'), { force: true })],
  ['a package.json without the field', () => write('{ "name": "shop" }')],
  ['a package.json that is no object', () => write('null')],
])('%s is not the root of a project', (_, prepare) => {
  prepare()
  expect(configurationIn(root)).toBeUndefined()
})

test('a package.json that is not JSON is named', () => {
  write('{ "sharedLedger": ')
  expect(() => configurationIn(root)).toThrow(`${path.join(root, 'package.json')} is not JSON. Correct it.`)
})

const known = Object.keys({ ...defaults, ledger: '' }).join(', ')
const folders =
  'the folder that holds the apps ("apps"), or an object with the folder of each ({ "shop": "services/shop" })'

test.each([
  ['an unknown field', { app: 'apps' }, [`sharedLedger.app is not known. There are: ${known}.`]],
  ['text', 'apps', [`sharedLedger must be an object with any of: ${known}.`]],
  ['null', null, [`sharedLedger must be an object with any of: ${known}.`]],
  ['a list of apps', { apps: ['shop'] }, [`sharedLedger.apps must be ${folders}, not ["shop"].`]],
  [
    'an app without a folder',
    { apps: { shop: '' } },
    [`sharedLedger.apps must be ${folders}, not {"shop":""}.`],
  ],
  ['an absolute path', { apps: '/srv/apps' }, [`sharedLedger.apps must be ${folders}, not "/srv/apps".`]],
  [
    'several faults',
    { prisma: 1, schema: '/schema.ts', server: '', port: 4000 },
    [
      'sharedLedger.prisma must be the folder of schema.prisma and migrations in an app ("prisma"), not 1.',
      'sharedLedger.schema must be the file in an app that exports its createSchema ("src/schema.ts"), not "/schema.ts".',
      'sharedLedger.server must be the file in an app that serves it ("src/server.ts"), not "".',
      `sharedLedger.port is not known. There are: ${known}.`,
    ],
  ],
])('%s: each wrong value is named, with what it must be', (_, sharedLedger, lines) => {
  const manifest = path.join(root, 'package.json')
  const message = [`${manifest} has a wrong configuration.`, ...lines].join('\n')
  expect(() => configured(sharedLedger)).toThrow(new Error(message))
})
