import { openRegister } from '@shared-ledger/ledger/keys'
import { createTestDatabase } from '@shared-ledger/postgres/testing'
import pg from 'pg'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AppProcess, startAppProcess } from './app-process.ts'
import { type IsolatedPage, isolatedPage, launchBrowser } from './browser.ts'
import { executeQuery, openGraphiql, setQuery, startSubscription, untilAnswered } from './graphiql.ts'

const database = await createTestDatabase()
let server: AppProcess
let browser: Browser
let isolated: IsolatedPage
let key: string

beforeAll(async () => {
  const sql = new pg.Client({ connectionString: database.directUrl })
  await sql.connect()
  const register = await openRegister(sql, 'content')
  const wanted = { name: 'ann', scopes: ['read', 'post'] as const, ownerId: null, expiresInS: null }
  key = (await register.create(wanted)).text
  await sql.end()
  const env = { LEDGER_AUTH: 'keys' }
  ;[server, browser] = await Promise.all([startAppProcess('content', database.url, { env }), launchBrowser()])
  isolated = await isolatedPage(browser, server.url, { carriesKey: false })
  await openGraphiql(isolated.page, `${server.url}/graphql`)
})
afterAll(async () => {
  await browser?.close()
  await server?.stop()
  await database.drop()
})

test('GraphiQL opens without a key, and says that one is missing', async () => {
  expect(await executeQuery(isolated.page, 'Read')).toMatchObject({
    errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
  })
})

test('with the key in its field it introspects, posts, and shows entries live', async () => {
  const { page } = isolated
  const introspected = page.waitForResponse(
    (response) => response.request().postData()?.includes('IntrospectionQuery') === true && response.ok(),
  )
  await page.getByLabel('Key or token').fill(key)
  await page.getByLabel('Key or token').press('Enter')
  expect((await introspected).request().headers().authorization).toBe(`Bearer ${key}`)
  expect(await executeQuery(page, 'Post')).toMatchObject({
    data: { postLedgerEntry: { __typename: 'PostLedgerEntrySuccess' } },
  })
  await setQuery(
    page,
    'subscription { ledgerEntryPosted(ownerId: "test_user", after: "") { entry { seq } } }',
  )
  await startSubscription(page)
  await untilAnswered(page, ['"seq": 1'])
})

test('the key is kept only for the tab, and is removed with the text of its field', async () => {
  const { page } = isolated
  const kept = (storage: string) => page.evaluate(`JSON.stringify(Object.entries(${storage}))`)
  expect(await kept('localStorage')).not.toContain(key)
  expect(await page.evaluate('document.cookie')).toBe('')
  const field = page.getByLabel('Key or token')
  expect(await field.getAttribute('type')).toBe('password')
  const refused = page.waitForResponse((response) => response.status() === 401)
  await field.fill('')
  await field.press('Enter')
  await refused
  expect(await kept('sessionStorage')).not.toContain(key)
})

test('the page fills the window below the field', async () => {
  const { page } = isolated
  const heights = await page.evaluate(
    `[document.documentElement.scrollHeight, document.getElementById('root').getBoundingClientRect().bottom, innerHeight]`,
  )
  expect(heights).toEqual([expect.any(Number), expect.any(Number), expect.any(Number)])
  const [scrolled, bottom, window] = heights as [number, number, number]
  expect(scrolled).toBeLessThanOrEqual(window)
  expect(Math.round(bottom)).toBe(window)
})

test('no request went to another host, and no log has the key', () => {
  expect(isolated.blocked).toEqual([])
  expect(server.output()).not.toContain(key.slice(17))
})
