import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { gzipSync } from 'node:zlib'
import { files } from '@shared-ledger/console'
import { accountOperations, createLedger, defineOperations } from '@shared-ledger/ledger'
import type { Principal } from '@shared-ledger/ledger/facts'
import { scopes } from '@shared-ledger/ledger/facts'
import { problem } from '@shared-ledger/rest'
import { type Identify, type RunningServer, startServer } from '@shared-ledger/server'
import { pino } from 'pino'
import type { Browser, Page, Route } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { buildSchema } from '../packages/plugin-ledger/test/build-schema.ts'
import { openLots, shopOperations } from '../packages/plugin-ledger/test/open-lots.ts'
import { isolatedPage, launchBrowser } from './browser.ts'

/** Keys of this test: their texts, and what each may do. */
const callers: Readonly<Record<string, Principal>> = {
  'key-all': { name: 'support', scopes },
  'key-read': { name: 'reader', scopes: ['read'] },
  'key-post': { name: 'poster', scopes: ['read', 'post'] },
  'key-ann': { name: 'ann', owner: 'ann' },
}

/** Pages are open to all. Everything else needs a key. */
const identify: Identify = ({ target, header }) => {
  const key = header('authorization')?.replace('Bearer ', '') ?? ''
  const isPage = /^\/console(?!\/session)/.test(target)
  return isPage
    ? { name: 'visitor', scopes: [] }
    : (callers[key] ?? problem('UNAUTHENTICATED', 'This is not a key.'))
}

const start = new Date().toISOString()
const { sql, pool, guest } = await openLots(start)
const operations = defineOperations({
  ...shopOperations,
  ...accountOperations,
  UNDER_REVIEW: {
    amount: 0,
    state: 'FROZEN',
    scope: 'admin',
    description: 'Nothing moves until a payment is clear.',
  },
})
await sql.query("SELECT ledger.set_operations('shop', $1)", [Object.keys(operations)])
const shop = createLedger({ app: 'shop', operations, pool })
let server: RunningServer
let browser: Browser
let isDatabaseAway = false

beforeAll(async () => {
  const ledger = {
    ...shop,
    ping: async () => (isDatabaseAway ? Promise.reject(new Error('away')) : shop.ping()),
    assertReady: async () => [],
    close: async () => {},
  }
  const logger = pino({ level: 'silent' })
  const schema = buildSchema(shop)
  ;[server, browser] = await Promise.all([
    startServer({ app: 'shop', ledger, schema, logger, port: 0, identify }),
    launchBrowser(),
  ])
  server.leadTo([
    { app: 'shop', url: server.url },
    { app: 'market', url: 'http://127.0.0.1:1' },
  ])
})
afterAll(async () => {
  await browser?.close()
  await server?.close()
  await shop.close()
})

let count = 0

/** Returns an owner that no other test has. */
const newOwner = (name: string) => `${name}-${++count}`

type Operation = Parameters<typeof shop.postEntry>[0]['operation']

async function post(ownerId: string, operation: Operation, amount: number, metadata = {}) {
  const posted = await shop.postEntry({ ownerId, operation, amount, nonce: crypto.randomUUID(), metadata })
  if (!posted.ok) throw posted.error
  return posted.entry
}

/** Returns the amounts of an owner's entries, oldest first. */
async function amountsOf(ownerId: string): Promise<number[]> {
  const { rows } = await sql.query('SELECT amount FROM ledger.entries WHERE owner_id = $1 ORDER BY id', [
    ownerId,
  ])
  return rows.map(({ amount }) => Number(amount))
}

interface Options {
  readonly key?: string
  readonly width?: number
  readonly dark?: boolean
  /** A moment at which the page's clock stands still. */
  readonly at?: string
}

/** Returns what a page shows, or why that is not known: it may be closed, or hang. */
const textOf = (page: Page) => page.innerText('body', { timeout: 5_000 }).catch(String)

/**
 * Opens a screen in a tab of its own that has a key, until the test ends. An error in the page fails the test, and so does a
 * request to another server. What the page shows is printed when the test fails: it says why something was not found.
 */
async function open(
  path: string,
  { key = 'key-all', width = 1280, dark = false, at }: Options = {},
): Promise<Page> {
  const isolated = await isolatedPage(browser, server.url, { carriesKey: false })
  const { page, blocked } = isolated
  onTestFinished(async ({ task }) => {
    if (task.result?.state === 'fail') console.log(page.url(), await textOf(page))
    await isolated.close()
    expect(blocked).toEqual([])
  })
  page.setDefaultTimeout(200_000)
  page.on('pageerror', (error) => {
    throw error
  })
  await page.setViewportSize({ width, height: 900 })
  if (at !== undefined) await page.clock.setFixedTime(at)
  if (dark) await page.emulateMedia({ colorScheme: 'dark' })
  await page.addInitScript(
    `sessionStorage.getItem('shared-ledger:key') ?? sessionStorage.setItem('shared-ledger:key', '${key}')`,
  )
  await page.goto(`${server.url}/console${path}`)
  return page
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Returns what axe finds wrong with a page: the rules that are broken, and where. */
async function faultsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe)
  return page.evaluate(
    `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
      violations.flatMap(({ id, nodes }) => nodes.map(({ target, any }) => [id, target, any.map(({ message }) => message)].join(' '))))`,
  )
}

/** Whether the page is wider than its window. */
const isTooWide = (page: Page) =>
  page.evaluate<boolean>('document.documentElement.scrollWidth > document.documentElement.clientWidth')

const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name, exact: true })

test('it asks for a key, says why one is refused, and opens with another', async () => {
  const page = await open('', { key: 'key-wrong' })
  expect(await page.getByRole('alert').textContent()).toContain('This is not a key.UNAUTHENTICATED')
  await page.getByLabel('Key or token').fill('key-all')
  await page.getByRole('button', { name: 'Open the console' }).click()
  await heading(page, 'Overview').waitFor()
  expect(await page.evaluate('sessionStorage.getItem("shared-ledger:key")')).toBe('key-all')
  expect(await page.evaluate('JSON.stringify(localStorage)')).not.toContain('key-all')
})

test('a switcher leads to the other apps', async () => {
  const page = await open('')
  await page.getByRole('button', { name: 'App: shop. Choose another one' }).click()
  const other = page.getByRole('menuitem', { name: 'market' })
  expect(await other.getAttribute('href')).toBe('http://127.0.0.1:1/console')
})

test('“why has ann 30 credits?”: from the owner to its lots, and from a lot to the entries around it', async () => {
  const ann = newOwner('ann')
  await post(ann, 'BOUGHT', 20)
  const promo = await post(ann, 'PROMO', 25)
  await post(ann, 'SPENT', 15)
  const page = await open('')
  await page.getByLabel('Open an owner').fill(ann)
  await page.getByLabel('Open an owner').press('Enter')
  await heading(page, ann).waitFor()
  await page.getByRole('tab', { name: 'Why this balance?' }).click()
  await page.getByText('30 = 10 of PROMO + 20 of BOUGHT').waitFor()
  const sums = page.getByRole('table', { name: 'Sums by operation' })
  await sums.waitFor()
  expect(await sums.locator('tbody tr').allTextContents()).toEqual(['BOUGHT1+20', 'PROMO1+25', 'SPENT1-15'])
  expect(await sums.locator('tfoot').textContent()).toBe('Balance30')
  await page.getByRole('table', { name: 'Lots' }).getByRole('link', { name: /^\d+$/ }).first().click()
  const took = page.getByRole('table', { name: 'What took from it' })
  await took.getByText('SPENT').waitFor()
  await page
    .getByRole('table', { name: 'The entry that made it' })
    .getByRole('link', { name: `#${promo.id}` })
    .click()
  await heading(page, `Entry #${promo.id}`).waitFor()
})

/** Fills the form of an entry, and previews it. */
async function preview(page: Page, { operation, amount }: { operation: string; amount: string }) {
  await page.getByRole('combobox', { name: 'Operation' }).fill(operation)
  await page.getByRole('option', { name: operation, exact: true }).click()
  await page.getByLabel('Credits').fill(amount)
  await page.getByRole('button', { name: 'Preview' }).click()
}

const isPosting = (route: Route) => {
  const { variables } = route.request().postDataJSON()
  return variables?.input?.dryRun === false
}

describe('a posting', () => {
  test('shows the balances before and after, is posted once by a double click, and leads to its entry', async () => {
    const ann = newOwner('ann')
    await post(ann, 'BOUGHT', 7)
    const page = await open(`/post?owner=${ann}`)
    await preview(page, { operation: 'CREDIT_ADD', amount: '10' })
    const changes = page.getByRole('table', { name: 'What the posting would change' })
    await changes.waitFor()
    expect(await changes.locator('tbody tr').allTextContents()).toEqual([`${ann}7+1017`])
    expect(await amountsOf(ann)).toEqual([7])
    await page.getByRole('button', { name: 'Post', exact: true }).dblclick()
    await page
      .getByRole('status')
      .filter({ hasText: /^Posted/ })
      .waitFor()
    expect(await amountsOf(ann)).toEqual([7, 10])
    expect(await page.getByText(/Request [\w-]+, as the server’s log names it/).count()).toBe(1)
    await page
      .getByRole('status')
      .getByRole('link', { name: /Entry #/ })
      .click()
    await page.getByText(`CREDIT_ADD of ${ann}`).waitFor()
  })

  test('that is refused says why, with the code', async () => {
    const ann = newOwner('ann')
    const page = await open(`/post?owner=${ann}`)
    await preview(page, { operation: 'SPENT', amount: '10' })
    expect(await page.getByRole('alert').textContent()).toContain('INSUFFICIENT_BALANCE')
    expect(await page.getByRole('button', { name: 'Post', exact: true }).isDisabled()).toBe(true)
  })

  test('whose answer is lost is sent again with its nonce, and posted once', async () => {
    const ann = newOwner('ann')
    const page = await open(`/post?owner=${ann}`)
    await page.route('**/graphql', async (route) => {
      if (!isPosting(route)) return route.fallback()
      await route.fetch()
      return route.abort('connectionreset')
    })
    await preview(page, { operation: 'BOUGHT', amount: '10' })
    await page.getByRole('table', { name: 'What the posting would change' }).waitFor()
    await page.getByRole('button', { name: 'Post', exact: true }).click()
    await page.getByText('The answer of a posting is not known').waitFor()
    await page.unroute('**/graphql')
    await page.getByRole('button', { name: 'Send again' }).click()
    await page.getByText('Was posted before, once').waitFor()
    expect(await amountsOf(ann)).toEqual([10])
  })

  test('that a reload interrupts is sent again with its nonce, and posted once', async () => {
    const ann = newOwner('ann')
    const page = await open(`/post?owner=${ann}`)
    let arrive = () => {}
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve
    })
    let isHeld = true
    await page.route('**/graphql', async (route) =>
      isHeld && isPosting(route) ? arrive() : route.fallback(),
    )
    await preview(page, { operation: 'BOUGHT', amount: '10' })
    await page.getByRole('table', { name: 'What the posting would change' }).waitFor()
    await page.getByRole('button', { name: 'Post', exact: true }).click()
    await arrived
    await page.reload()
    isHeld = false
    await page.getByRole('button', { name: 'Send again' }).click()
    await page
      .getByRole('status')
      .filter({ hasText: /^Posted/ })
      .waitFor()
    expect(await amountsOf(ann)).toEqual([10])
    expect(await page.getByText('The answer of a posting is not known').count()).toBe(0)
  })
})

test('“undo this payment”: a part is refunded, and a transaction reversed, from the entry', async () => {
  const ann = newOwner('ann')
  await post(ann, 'BOUGHT', 20)
  const paid = await post(ann, 'SPENT', 15)
  const page = await open(`/entry?id=${paid.id}`)
  await page.getByText('It was neither reversed nor refunded.').waitFor()
  await page.getByRole('link', { name: 'Undo …' }).click()
  await page.getByLabel('Credits to refund').fill('5')
  await page.getByRole('button', { name: 'Preview' }).first().click()
  await page.getByRole('button', { name: 'Refund', exact: true }).click()
  await page
    .getByRole('status')
    .filter({ hasText: /^Posted/ })
    .waitFor()
  expect(await amountsOf(ann)).toEqual([20, -15, 5])
  await page.getByRole('table', { name: 'What undid it' }).getByText(`refunds #${paid.id}`).waitFor()

  const other = await post(ann, 'SPENT', 3)
  await page.goto(`${server.url}/console/entry?id=${other.id}`)
  await page.getByRole('button', { name: 'Preview' }).last().click()
  await page.getByRole('button', { name: 'Reverse the transaction' }).click()
  await page
    .getByRole('status')
    .filter({ hasText: /^Posted/ })
    .waitFor()
  expect(await amountsOf(ann)).toEqual([20, -15, 5, -3, 3])
})

/** Writes a moment as a field for one takes it: in the time zone of this machine, which is the browser's too. */
function asField(moment: Date): string {
  const local = new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000)
  return local.toISOString().slice(0, 16)
}

test('a hold is made, captured in parts, prolonged, and released', async () => {
  const ann = newOwner('ann')
  await post(ann, 'BOUGHT', 20)
  const page = await open(`/post?owner=${ann}&kind=hold`)
  await preview(page, { operation: 'SPENT', amount: '8' })
  await page.getByText('8 credits are set aside until').waitFor()
  await page.getByRole('button', { name: 'Hold', exact: true }).click()
  await page.getByRole('status').getByRole('link', { name: ann }).click()
  const holds = page.getByRole('table', { name: 'Holds' })
  await holds.getByRole('button').click()
  const hold = page.getByRole('dialog')
  const capture = async (amount: string) => {
    await hold.getByLabel('Credits to capture').fill(amount)
    await hold.getByRole('button', { name: 'Preview' }).click()
    await hold.getByRole('button', { name: 'Capture' }).click()
    await hold
      .getByRole('status')
      .filter({ hasText: /^Posted/ })
      .waitFor()
  }
  await hold.getByLabel('Keep the rest for another capture').check()
  await capture('3')
  await hold.getByText(/8 credits for SPENT, 3 captured, 5 left until/).waitFor()
  expect(await hold.getByRole('table', { name: 'Captured by' }).locator('tbody tr').count()).toBe(1)
  expect(await faultsOf(page)).toEqual([])

  const until = new Date('2099-01-01T12:00Z')
  await hold.getByLabel('Set aside until').fill(asField(until))
  await hold.getByRole('button', { name: 'Prolong' }).click()
  expect(await hold.getByRole('alert').textContent()).toContain('VALIDATION_ERROR')
  until.setTime(Date.now() + 7 * 86_400_000)
  until.setSeconds(0, 0)
  await hold.getByLabel('Set aside until').fill(asField(until))
  await hold.getByRole('button', { name: 'Prolong' }).click()
  await hold.locator(`time[datetime="${until.toISOString()}"]`).waitFor()

  await capture('2')
  await hold.getByText(/5 captured, 3 left until/).waitFor()
  await hold.getByRole('button', { name: 'Release without an entry' }).click()
  await hold.getByText('Released').waitFor()
  expect(await hold.getByRole('button', { name: 'Prolong' }).count()).toBe(0)
  expect(await amountsOf(ann)).toEqual([20, -3, -2])
})

test('an account in a book that apps share says what came from other apps', async () => {
  const ann = newOwner('ann')
  await post(ann, 'BOUGHT', 20)
  const given = await guest.postEntry({ ownerId: ann, operation: 'WELCOME', amount: 5, nonce: ann })
  expect(given.ok).toBe(true)
  await post(ann, 'SPENT', 3)
  const page = await open(`/owner?id=${ann}&tab=why`)
  const sums = page.getByRole('table', { name: 'Sums by operation' })
  await sums.getByText('Other apps').waitFor()
  expect(await sums.locator('tbody tr').allTextContents()).toEqual(['BOUGHT1+20', 'SPENT1-3', 'Other apps+5'])
  expect(await sums.locator('tfoot').textContent()).toBe('Balance22')
  await sums.getByRole('link', { name: 'Other apps' }).click()
  const all = page.getByRole('table', { name: 'Entries of all apps' }).locator('tbody tr')
  await all.first().waitFor()
  const seen = (await all.allTextContents()).map((text) => text.slice(-30))
  expect(seen).toEqual([
    expect.stringMatching(/shopSPENT-322$/),
    expect.stringMatching(/guestWELCOME\+525$/),
    expect.stringMatching(/shopBOUGHT\+2020$/),
  ])
  expect(await all.getByRole('link').allTextContents()).toEqual(['3', '1'])
  expect(await faultsOf(page)).toEqual([])
  await page.getByText('Of shop', { exact: true }).click()
  await page.getByRole('table', { name: 'Entries', exact: true }).getByText('SPENT').waitFor()
})

test('an account is frozen and reopened with a reason, by a key that may', async () => {
  const ann = newOwner('ann')
  await post(ann, 'BOUGHT', 20)
  const page = await open(`/owner?id=${ann}`)
  const change = async (title: string, state: string) => {
    await page.getByRole('button', { name: title, exact: true }).click()
    const dialog = page.getByRole('dialog', { name: `${title}: ${ann}` })
    expect(await dialog.getByRole('button', { name: 'Preview' }).isDisabled()).toBe(true)
    await dialog.getByLabel('Reason').fill('chargeback 17')
    await dialog.getByRole('button', { name: 'Preview' }).click()
    await dialog.getByRole('cell', { name: state, exact: true }).waitFor()
    await dialog.getByRole('button', { name: title, exact: true }).click()
    await dialog
      .getByRole('status')
      .filter({ hasText: /^Posted/ })
      .waitFor()
    await dialog.getByRole('button', { name: 'Close', exact: true }).click()
    await page.locator('.heading').getByText(state, { exact: true }).waitFor()
  }
  await change('Freeze spending', 'Spending frozen')
  await change('Freeze (ACCOUNT_FROZEN)', 'Frozen')
  await change('Reopen', 'Open')
  await change('Freeze (UNDER_REVIEW)', 'Frozen')
  await change('Reopen', 'Open')
  expect(await amountsOf(ann)).toEqual([20, 0, 0, 0, 0, 0])
  await page.getByRole('table', { name: 'Entries' }).getByText('reason: chargeback 17').first().waitFor()

  await page.getByRole('button', { name: 'Close the account' }).click()
  const closing = page.getByRole('dialog')
  await closing.getByLabel('Reason').fill('left')
  await closing.getByRole('button', { name: 'Preview' }).click()
  expect(await closing.getByRole('alert').textContent()).toContain('ACCOUNT_NOT_EMPTY')

  const posting = await open(`/owner?id=${ann}`, { key: 'key-post' })
  await posting.getByRole('link', { name: 'Post an entry' }).waitFor()
  await posting.getByRole('table', { name: 'Entries' }).waitFor()
  expect(await posting.getByRole('button', { name: /Freeze|Close|Reopen/ }).count()).toBe(0)
})

test('“what will expire this month?”: of all owners on the overview, and of one at its lots', async () => {
  const ann = newOwner('ann')
  const expiring = async () => {
    // Both clocks stand still: the ledger's and this page's.
    const page = await open('', { at: start })
    const figure = page.locator('.figure', { hasText: 'Expires this month' })
    await figure.waitFor()
    const text = await figure.locator('.number').first().textContent()
    return { page, credits: Number(text?.replaceAll(',', '')) }
  }
  const before = await expiring()
  await post(ann, 'BOUGHT', 30)
  await post(ann, 'MONTHLY', 40)
  const { page, credits } = await expiring()
  expect(credits - before.credits).toBe(40)
  await page.getByLabel('Open an owner').fill(ann)
  await page.getByLabel('Open an owner').press('Enter')
  await page.locator('.figure', { hasText: 'Expires next' }).getByText('40', { exact: true }).waitFor()
  await page.getByRole('tab', { name: 'Lots' }).click()
  const lots = page.getByRole('table', { name: 'Lots' }).locator('tbody tr')
  await lots.first().waitFor()
  expect(await lots.getByRole('link', { name: /MONTHLY|BOUGHT/ }).allTextContents()).toEqual([
    expect.stringContaining('MONTHLY'),
    expect.stringContaining('BOUGHT'),
  ])
  const [now, end] = [new Date(start), await lots.first().locator('time').getAttribute('datetime')]
  expect(Date.parse(end ?? '')).toBe(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1))
})

test('entries come live, and what came during a pause is shown after it', async () => {
  const ann = newOwner('ann')
  const bob = newOwner('bob')
  const page = await open('/live')
  const list = page.getByRole('table', { name: 'Entries' })
  const live = page.locator('.state', { hasText: /^Live$/ })
  await live.waitFor()
  const posted = post(ann, 'BOUGHT', 11)
  await list.getByText(ann).waitFor()
  await posted
  await page.getByRole('button', { name: 'Pause' }).click()
  await post(bob, 'BOUGHT', 12)
  await page.getByRole('button', { name: 'Go on: show 1 that came meanwhile' }).click()
  await list.getByText(bob).waitFor()
  await page.getByLabel('Owner begins with').fill(bob)
  await expect.poll(() => list.locator('tbody tr').count()).toBe(1)

  await page.goto(`${server.url}/console/owner?id=${ann}`)
  const entries = page.getByRole('table', { name: 'Entries' })
  await entries.getByText('+11').waitFor()
  await live.waitFor()
  await post(ann, 'BOUGHT', 13)
  await entries.getByText('+13').waitFor()
  await expect.poll(() => page.locator('.figure').first().textContent()).toBe('Balance24')
})

test('“who spent most yesterday?”: entries are filtered, and summed up by owner', async () => {
  const [ann, bob] = [newOwner('ann'), newOwner('bob')]
  for (const owner of [ann, bob]) await post(owner, 'CREDIT_ADD', 50)
  await post(ann, 'CREDIT_SPEND', 3)
  await post(ann, 'CREDIT_SPEND', 4)
  await post(bob, 'CREDIT_SPEND', 30)
  const page = await open('')
  await page
    .getByRole('table', { name: 'By operation' })
    .getByRole('link', { name: 'CREDIT_SPEND', exact: true })
    .click()
  await heading(page, 'Entries').waitFor()
  expect(new URL(page.url()).searchParams.get('operation')).toBe('CREDIT_SPEND')
  await page.getByRole('button', { name: 'Sum up by owner' }).click()
  const sums = page.getByRole('table', { name: 'Sums by owner' })
  await sums.waitFor()
  expect(await sums.locator('tbody tr').allTextContents()).toEqual([`${bob}most1-30`, `${ann}2-7`])
})

test('an owner’s key shows its own account alone', async () => {
  await post('ann', 'BOUGHT', 42)
  const page = await open('/owner?id=bob', { key: 'key-ann' })
  await heading(page, 'ann').waitFor()
  await page.getByRole('table', { name: 'Entries' }).getByText('+42').waitFor()
  for (const link of ['Owners', 'Post', 'Post an entry', 'Overview']) {
    expect(await page.getByRole('link', { name: link, exact: true }).count(), link).toBe(0)
  }
})

test('a key that only reads shows nothing that posts', async () => {
  const ann = newOwner('ann')
  const { id } = await post(ann, 'BOUGHT', 1)
  const page = await open(`/owner?id=${ann}`, { key: 'key-read' })
  await page.getByRole('table', { name: 'Entries' }).waitFor()
  expect(await page.getByRole('link', { name: /^Post/ }).count()).toBe(0)
  await page.goto(`${server.url}/console/entry?id=${id}`)
  await page.getByRole('heading', { name: 'Reversals and refunds' }).waitFor()
  expect(await page.getByRole('button', { name: 'Refund' }).count()).toBe(0)
})

test('says that the database is away', async () => {
  const page = await open('/health')
  await page.getByText('The server and its database are well').waitFor()
  isDatabaseAway = true
  await page.getByText('The database is away').waitFor()
  isDatabaseAway = false
  await page.getByText('The server and its database are well').waitFor()
})

describe('each screen', () => {
  const screens = [
    ['the overview', '', 'Overview'],
    ['owners', '/owners', 'Owners'],
    ['an owner', '/owner?id=ann&tab=lots', 'ann'],
    ['why a balance', '/owner?id=ann&tab=why', 'ann'],
    ['entries', '/entries', 'Entries'],
    ['an entry', '/entry?id=1', 'Entry #1'],
    ['a posting', '/post?owner=ann', 'Post'],
    ['a transaction to post', '/post?kind=transaction', 'Post'],
    ['live entries', '/live', 'Live'],
    ['health', '/health', 'Health'],
  ] as const

  test.each(screens)('axe finds nothing in %s, light, dark and on a phone', async (_, path, title) => {
    await post('ann', 'BOUGHT', 1)
    for (const options of [{}, { dark: true }, { width: 390 }]) {
      const page = await open(path, options)
      await heading(page, title).waitFor()
      await page.waitForLoadState('load')
      await expect.poll(() => page.locator('[aria-busy=true]').count()).toBe(0)
      expect(await faultsOf(page), JSON.stringify(options)).toEqual([])
      expect(await isTooWide(page), JSON.stringify(options)).toBe(false)
    }
  })
})

test('the door passes axe, and is usable with the keyboard', async () => {
  const page = await open('', { key: 'key-wrong' })
  await page.getByLabel('Key or token').waitFor()
  expect(await faultsOf(page)).toEqual([])
})

test('a read that fails for the moment is asked again, and one that is asked every few seconds shows it', async () => {
  const ann = newOwner('ann')
  await post(ann, 'BOUGHT', 5)
  const page = await open('/health')
  await heading(page, 'Health').waitFor()
  let failures = 2
  await page.route('**/graphql', (route) => {
    const query = route.request().postData() ?? ''
    const fails = query.includes('query Status') || (query.includes('query Entries') && --failures >= 0)
    return fails ? route.abort() : route.continue()
  })
  await page.getByRole('alert').getByText('The server cannot be reached').first().waitFor()
  await page.goto(`${server.url}/console/owner?id=${ann}`)
  await page.getByRole('table', { name: 'Entries' }).getByText('BOUGHT').waitFor()
  expect(failures).toBeLessThan(0)
})

test('a browser whose language has a name that Intl does not take shows the line', async () => {
  const ann = newOwner('ann')
  await post(ann, 'BOUGHT', 5)
  const page = await open('/health')
  await page.addInitScript("Object.defineProperty(navigator, 'language', { value: 'en-US@posix' })")
  await page.goto(`${server.url}/console/owner?id=${ann}`)
  await page.getByRole('img', { name: /Balance over/ }).waitFor()
})

/** The GraphQL requests of a page until its entries are shown: their documents, without the owner’s name. */
async function requestsOf(owner: string): Promise<string[]> {
  const page = await open('/health')
  await heading(page, 'Health').waitFor()
  const asked: string[] = []
  page.on('request', (request) => {
    if (request.url().endsWith('/graphql')) asked.push(request.postDataJSON().query)
  })
  await page.getByLabel('Open an owner').fill(owner)
  await page.getByLabel('Open an owner').press('Enter')
  await page.getByRole('table', { name: 'Entries' }).waitFor()
  await page.getByRole('img', { name: /Balance over/ }).waitFor()
  await expect.poll(() => asked.some((query) => query.startsWith('subscription'))).toBe(true)
  await page.context().close()
  return asked.sort()
}

test('an owner with many entries opens with the same requests as one with ten', async () => {
  const [few, many] = [newOwner('few'), newOwner('many')]
  await Promise.all(Array.from({ length: 10 }, () => post(few, 'CREDIT_ADD', 1)))
  await Promise.all(Array.from({ length: 400 }, () => post(many, 'CREDIT_ADD', 1)))
  const asked = await requestsOf(few)
  expect(asked.length).toBeGreaterThan(3)
  expect(await requestsOf(many)).toEqual(asked)
})

test('the first screen loads at most 350 kB, compressed', async () => {
  const page = await open('/health')
  await heading(page, 'Health').waitFor()
  const loaded: string[] = []
  page.on('response', (response) => loaded.push(new URL(response.url()).pathname))
  await page.goto(`${server.url}/console`)
  await page.getByRole('table', { name: 'By operation' }).waitFor()
  const assets = new Set(loaded.filter((path) => path.startsWith('/console/assets/')))
  const sizes = [...assets].map(
    (path) => gzipSync(readFileSync(new URL(path.replace('/console/', './'), files))).length,
  )
  expect(assets.size).toBeGreaterThan(3)
  expect(readdirSync(new URL('assets', files)).length).toBeGreaterThan(assets.size)
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(350_000)
})

// The sums of the whole app are beyond 2^53 from here on, and are then refused.
test('an owner has its balance at an earlier moment, filters in the address, and exact amounts', async () => {
  const ann = newOwner('ann')
  await post(ann, 'CREDIT_ADD', Number.MAX_SAFE_INTEGER - 5, { order: 'A-1' })
  await post(ann, 'BOUGHT', 5)
  const page = await open(`/owner?id=${ann}&key=order&value=A-1`)
  const entries = page.getByRole('table', { name: 'Entries' })
  await entries.getByText('+9,007,199,254,740,986').waitFor()
  expect(await entries.locator('tbody tr').count()).toBe(1)
  await page.getByRole('button', { name: 'Clear' }).click()
  await entries.getByText('9,007,199,254,740,991', { exact: true }).waitFor()
  expect(new URL(page.url()).search).toBe(`?id=${ann}`)
  await page.getByRole('slider', { name: 'Moment' }).press('ArrowLeft')
  await page.getByText(/the balance was 0\./).waitFor()
  expect(new URL(page.url()).searchParams.get('at')).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/)
  const time = entries.locator('time').first()
  await page.getByRole('button', { name: 'Back to now' }).click()
  expect(await time.getAttribute('title')).toMatch(/ UTC$/)
})
