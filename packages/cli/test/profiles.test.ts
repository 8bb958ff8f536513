import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { scopes } from '@shared-ledger/ledger'
import { afterAll, expect, test, vi } from 'vitest'
import { graphCommands } from '../src/graph/commands.ts'
import { writeProfiles } from '../src/graph/profiles.ts'
import { printedHere } from './support/command.ts'
import { openShop } from './support/shop.ts'

const shop = await openShop({ keys: true })
const { text: key } = await shop.makeKey({ scopes })
const home = mkdtempSync(path.join(tmpdir(), 'shared-ledger-'))
afterAll(() => rmSync(home, { recursive: true }))
const file = path.join(home, 'shared-ledger', 'profiles.json')
const keyFile = path.join(home, 'live.key')
writeFileSync(keyFile, `${key}\n`)

const call = (line: string, given: { env?: NodeJS.ProcessEnv; keys?: string[] } = {}) =>
  printedHere('', '/', line.split(' '), { ...given, env: { XDG_CONFIG_HOME: home, ...given.env } })

/** Gives the user these profiles, as earlier commands left them. */
function seed(...profiles: Parameters<typeof writeProfiles>) {
  vi.stubEnv('XDG_CONFIG_HOME', home)
  writeProfiles(...profiles)
  vi.unstubAllEnvs()
}

const live = { current: 'live', profiles: { live: { url: shop.url, key }, other: { url: shop.url } } }

test('without a profile or a url, it says how to make one', async () => {
  seed({ profiles: {} })
  expect(await call('balance ada')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('shared-ledger profiles add local'),
  })
  expect((await call('profiles')).stdout).toContain('There is no profile yet')
})

test('a profile is kept when the app takes its key, for this user alone, and is used from then on', async () => {
  seed({ profiles: {} })
  expect(await call(`profiles add live --url ${shop.url}`)).toMatchObject({ code: 5 })
  expect(await call(`profiles add live --url ${shop.url} --key-file ${keyFile}`)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('The profile live is in use'),
  })
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(statSync(path.dirname(file)).mode & 0o777).toBe(0o700)
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
    current: 'live',
    profiles: { live: { url: `${shop.url}/graphql`, key } },
  })
  expect(await call('balance ada')).toMatchObject({ code: 0 })
  const listed = await call('profiles --json')
  expect(JSON.parse(listed.stdout)).toEqual({
    file,
    profiles: [{ name: 'live', url: `${shop.url}/graphql`, hasKey: true, book: null, inUse: true }],
  })
  expect(listed.stdout + (await call('profiles')).stdout).not.toContain(key.slice(-10))
})

test('the key is asked for on a terminal, and not shown', async () => {
  const asked = await call(`profiles add asked --url ${shop.url}`, { keys: [`${key}\r`] })
  expect(asked.code).toBe(0)
  expect(asked.output).not.toContain(key.slice(-10))
})

test("a profile's key goes to its own address alone", async () => {
  seed(live)
  expect(await call(`balance ada --url ${shop.url}`)).toMatchObject({ code: 5 })
  expect(await call(`balance ada --url ${shop.url} --profile live`)).toMatchObject({ code: 0 })
  expect(await call('balance ada --url http://127.0.0.1:9 --profile live')).not.toMatchObject({ code: 0 })
})

test('a file that others can read is refused', async () => {
  seed(live)
  chmodSync(file, 0o640)
  expect(await call('balance ada')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`chmod 600 ${file}`),
  })
  chmodSync(file, 0o600)
  expect(await call('balance ada')).toMatchObject({ code: 0 })
})

test('profiles are changed and removed', async () => {
  seed(live)
  expect((await call('profiles use live')).stdout).toBe('The profile live is in use.')
  expect((await call('profiles use live --json')).stdout).toBe('{"name":"live"}')
  expect(await call('profiles use none')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('There are: live, other.'),
  })
  expect(await call('profiles remove live')).toMatchObject({ code: 2 })
  expect(await call('profiles remove live -y --json')).toMatchObject({ code: 0, stdout: '{"name":"live"}' })
  expect(readFileSync(file, 'utf8')).not.toContain('"live"')
  writeFileSync(file, '{')
  expect(await call('profiles')).toMatchObject({ code: 1, stderr: expect.stringContaining('is not JSON') })
})

const examples = graphCommands.flatMap((each) =>
  each.examples.map(([example]) => ({ example, options: each.options })),
)

test.each(examples)(
  'the example of --help is called as the command is: $example',
  async ({ example, options }) => {
    seed({ profiles: { live: { url: shop.url }, local: { url: shop.url } } })
    const [line = ''] = example.replace('shared-ledger ', '').split(/ [|>]/)
    const mayWrite = 'yes' in options && !/ -y|--dry-run/.test(line)
    // Without a key, the app refuses whatever is asked. What is called in a wrong way is refused before it is asked.
    const { code, output } = await printedHere('', home, `${line}${mayWrite ? ' -y' : ''}`.split(' '), {
      env: {
        XDG_CONFIG_HOME: home,
        INIT_CWD: home,
        ...(line.startsWith('profiles') ? {} : { SHARED_LEDGER_URL: shop.url }),
      },
    })
    // An app may listen at the port of an example.
    if (line.startsWith('profiles')) expect(code, output).not.toBe(2)
    else expect(code, output).toBe(5)
  },
)
