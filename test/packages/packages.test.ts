import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createEmptyDatabase } from '@shared-ledger/postgres/testing'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { blocksOf, read } from '../../docs/test/markdown.ts'
import { type StartedProject, startProject } from '../../docs/test/started-project.ts'
import { launchBrowser } from '../browser.ts'
import { type Packed, packInto, run } from './packed.ts'
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

/** Writes a project of docs/packages.md, and installs what its package.json names. */
async function projectOf(name: string): Promise<string> {
  const folder = path.join(home, name)
  for (const { info, text } of steps.filter(({ info }) => info.project === name)) {
    const file = path.join(folder, info.file ?? '')
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, `${text}\n`)
  }
  await stranger('npm install', folder)
  return folder
}

/** Runs a command line as a user does. npm prefers its cache to the network. */
const stranger = (command: string, folder: string, env: NodeJS.ProcessEnv = {}) =>
  run(command, folder, {
    npm_config_registry: registry.url,
    npm_config_replace_registry_host: 'never',
    npm_config_prefer_offline: 'true',
    npm_config_audit: 'false',
    ...env,
  })

test('npm create and npm start bring an app, whose own mutation posts', async () => {
  const begun = performance.now()
  const create = packed.find(({ name }) => name === 'create-shared-ledger')
  if (!create) throw new Error('create-shared-ledger was not packed.')
  const tarball = path.join(tarballs, create.filename)
  await stranger(`npm exec --yes --package ${tarball} -- create-shared-ledger my-credits`, home)
  started = await startProject({ root: monorepo }, 'game', { CORS_ORIGINS: page.origin })
  await started.send('/ledger', { owner_id: 'ada', operation: 'CREDIT_ADD', amount: 5, nonce: 'credits' })
  const query = `mutation { createPurchase(input: { ownerId: "ada", item: "A ticket", nonce: "p1" }) {
    ... on PostedPurchase { entry { operation amount balanceAfter } } } }`
  expect((await started.send('/graphql', { query })).json).toEqual({
    data: { createPurchase: { entry: { operation: 'PURCHASE', amount: -2, balanceAfter: 3 } } },
  })
  const seconds = Math.round((performance.now() - begun) / 1000)
  // A green run prints this too, though not what goes through the console.
  process.stdout.write(`From npm create to a posted credit: ${seconds} s.\n`)
  expect(await stranger('npx shared-ledger verify', monorepo)).toMatch(
    /^game: 1 accounts, 2 entries, .* passed\.$/m,
  )
})

// The tests from here on run at the same time, and none changes what another one uses. The next one changes files of the
// new monorepo. Its server, which the page asks, has loaded them before.
test.concurrent('a REST route of the new monorepo gets another field, and its test passes', async ({
  expect,
}) => {
  const change = (file: string, from: string, to: string) => {
    const place = path.join(monorepo, 'apps/game/src', file)
    const text = readFileSync(place, 'utf8')
    expect(text).toContain(from)
    writeFileSync(place, text.replace(from, to))
  }
  await stranger('npx shared-ledger documents --check', monorepo)
  change(
    'schema.ts',
    "      item: t.exposeString('item'",
    `      label: t.string({
        nullable: false,
        description: 'What a receipt says.',
        resolve: ({ item }) => item.toUpperCase(),
      }),
      item: t.exposeString('item'`,
  )
  change('documents/purchases.graphql', 'item\n', 'item label\n')
  change('routes.ts', 'item: z.string(),', 'item: z.string(), label: z.string(),')
  await expect(stranger('npm run typecheck', monorepo)).rejects.toThrow("Property 'label' is missing")
  await expect(stranger('npx shared-ledger documents --check', monorepo)).rejects.toThrow('is out of date')
  await stranger('npx shared-ledger documents game', monorepo)
  await stranger('npx shared-ledger documents --check', monorepo)
  await stranger('npm run typecheck', monorepo)
  await stranger('npm test', monorepo)
})

test.concurrent('a server that is there already gets a ledger, by the steps of docs/packages.md', async ({
  expect,
}) => {
  const folder = await projectOf('shop')
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

test.concurrent('a client alone posts from a bundle in a browser', async ({ expect }) => {
  const folder = await projectOf('page')
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
