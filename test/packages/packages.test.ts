import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createEmptyDatabase } from '@shared-ledger/postgres/testing'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { blocksOf, read } from '../../docs/test/markdown.ts'
import { type StartedProject, startProject } from '../../docs/test/started-project.ts'
import { launchBrowser } from '../browser.ts'
import { manifestIn, type Packed, packInto, run, seedLock } from './packed.ts'
import { servePage } from './page.ts'
import { type Registry, startRegistry } from './registry.ts'
import { startServer } from './server.ts'

// Packs the packages, and installs them outside of this repository, as a user does.

// Builds and installations take minutes while other work uses all cores.
vi.setConfig({ testTimeout: 1_800_000, hookTimeout: 1_800_000 })

const home = mkdtempSync(path.join(tmpdir(), 'shared-ledger-packages-'))
chmodSync(home, 0o755) // as root, PostgreSQL runs as another user, who must enter
const tarballs = path.join(home, 'tarballs')
const monorepo = path.join(home, 'my-credits')
const database = await createEmptyDatabase()
let packed: Packed[] = []
let registry: Registry
let browser: Browser
let started: StartedProject
const page = await servePage()

beforeAll(async () => {
  packed = await packInto(tarballs)
  registry = await startRegistry(tarballs, packed)
  browser = await launchBrowser()
})
afterAll(async () => {
  await started?.stop()
  await browser?.close()
  await page.stop()
  registry?.stop()
  await database.drop()
  rmSync(home, { recursive: true, force: true })
})

const steps = blocksOf('docs/packages.md')

/**
 * Writes a project of docs/packages.md. It uses the packages that are installed in the monorepo. Each dependency of the
 * project must be among them.
 */
function projectOf(name: string): string {
  const folder = path.join(home, name)
  for (const { info, text } of steps.filter(({ info }) => info.project === name)) {
    const file = path.join(folder, info.file ?? '')
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, `${text}\n`)
  }
  const installed = path.join(monorepo, 'node_modules')
  symlinkSync(installed, path.join(folder, 'node_modules'))
  const {
    dependencies,
    devDependencies,
  }: Record<string, Record<string, string>> = JSON.parse(
    readFileSync(path.join(folder, 'package.json'), 'utf8'),
  )
  for (const [dependency, version] of Object.entries({ ...dependencies, ...devDependencies }))
    expect(manifestIn(path.join(installed, dependency))).toMatchObject({ version })
  return folder
}

/** Runs a command line as a user does. npm prefers its cache to the network. */
const stranger = (command: string, folder: string, env: NodeJS.ProcessEnv = {}) =>
  run(command, folder, {
    npm_config_prefer_offline: 'true',
    npm_config_audit: 'false',
    ...env,
  })

test('npm create, npm install and npm start bring an app, whose own mutation posts', async () => {
  const begun = performance.now()
  const create = path.join(
    tarballs,
    packed.find(({ name }) => name === 'create-shared-ledger')?.filename ?? '',
  )
  await stranger(`npm exec --yes --package ${create} -- create-shared-ledger my-credits --no-install`, home)
  writeFileSync(path.join(monorepo, '.npmrc'), `@shared-ledger:registry=${registry.url}\n`)
  seedLock(monorepo)
  await stranger('npm install', monorepo)
  await stranger('npx shared-ledger new-app game --yes', monorepo)
  await stranger('npm pkg set dependencies.@shared-ledger/client=0.1.0', monorepo) // for the page below
  seedLock(monorepo)
  await stranger('npm install', monorepo)
  started = await startProject({ root: monorepo }, 'game', { CORS_ORIGINS: page.origin })
  await started.send('/ledger', { owner_id: 'ada', operation: 'CREDIT_ADD', amount: 5, nonce: 'credits' })
  const query = `mutation { createPurchase(input: { ownerId: "ada", item: "A ticket", nonce: "p1" }) {
    ... on PostedPurchase { entry { operation amount balanceAfter } } } }`
  expect((await started.send('/graphql', { query })).json).toEqual({
    data: { createPurchase: { entry: { operation: 'PURCHASE', amount: -2, balanceAfter: 3 } } },
  })
  const seconds = Math.round((performance.now() - begun) / 1000)
  console.log(`From npm create to a posted credit: ${seconds} s.`)
})

test('the new monorepo compiles, its test passes, and its ledger is verified', async () => {
  await stranger('npm run typecheck', monorepo)
  await stranger('npm test', monorepo)
  expect(await stranger('npx shared-ledger verify', monorepo)).toMatch(
    /^game: 1 accounts, 2 entries, .* passed\.$/m,
  )
})

test('a server that is there already gets a ledger, by the steps of docs/packages.md', async () => {
  const folder = projectOf('shop')
  const env = { DATABASE_URL: database.url }
  await stranger('npx shared-ledger migrate new shop create', folder, env)
  const [written] = steps.filter(({ info }) => info.written)
  expect(await stranger('cat ledger/migrations/*_create/migration.sql', folder)).toBe(`${written?.text}\n`)
  await stranger('npx shared-ledger migrate', folder, env)
  await stranger('npx tsc', folder)
  const server = await startServer(folder, ['--import', 'tsx', 'src/server.ts'], env)
  try {
    const answers = []
    for (const { text, info } of steps.filter(({ language }) => language === 'graphql')) {
      answers.push(await server.ask(text, info.user ?? ''))
    }
    expect(answers).toEqual([
      { data: { postLedgerEntry: { __typename: 'PostLedgerEntrySuccess' } } },
      { data: { placeOrder: { __typename: 'LedgerEntry', amount: -30, balanceAfter: 20 } } },
    ])
    const ofAnother = 'mutation { placeOrder(ownerId: "eve", price: 1, nonce: "order 2") { __typename } }'
    expect(await server.ask(ofAnother, 'adam')).toMatchObject({
      errors: [{ extensions: { code: 'FORBIDDEN' } }],
    })
    expect(await server.ask('{ me balance(ownerId: "eve") { amount } }', 'eve')).toEqual({
      data: { me: 'eve', balance: { amount: 20 } },
    })
  } finally {
    await server.stop()
  }
})

test('a client alone posts from a bundle in a browser', async () => {
  const folder = projectOf('page')
  const main = path.join(folder, 'src/main.ts')
  const text = readFileSync(main, 'utf8')
  expect(text).toContain('http://localhost:4001/graphql')
  writeFileSync(main, text.replace('http://localhost:4001', started.url))
  await stranger('npx tsc', folder)
  const bundle = read('docs/packages.md').match(/^npx esbuild .*$/m)?.[0] ?? ''
  await stranger(bundle, folder)
  page.show(readFileSync(path.join(folder, 'page.js'), 'utf8'))
  const tab = await browser.newPage()
  await tab.goto(page.origin)
  await tab.getByText('3 credits').waitFor()
})
