import { createTestDatabase } from '@shared-ledger/postgres/testing'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AppProcess, startAppProcess } from './app-process.ts'
import { type IsolatedPage, isolatedPage, launchBrowser } from './browser.ts'
import {
  executeQuery,
  openGraphiql,
  queryText,
  setQuery,
  startSubscription,
  untilAnswered,
} from './graphiql.ts'

const database = await createTestDatabase()
let server: AppProcess
let browser: Browser
let isolated: IsolatedPage

beforeAll(async () => {
  ;[server, browser] = await Promise.all([startAppProcess('content', database.url), launchBrowser()])
  isolated = await isolatedPage(browser, server.url)
  await openGraphiql(isolated.page, `${server.url}/graphql`)
})
afterAll(async () => {
  await browser?.close()
  await server?.stop()
  await database.drop()
})

test("GraphiQL's starter query posts and reads at once", async () => {
  expect(await queryText(isolated.page)).toContain('postLedgerEntry')
  expect(await executeQuery(isolated.page, 'Post')).toMatchObject({
    data: { postLedgerEntry: { entry: { operation: 'CREDIT_ADD', amount: 10 }, balance: { amount: 10 } } },
  })
  expect(await executeQuery(isolated.page, 'Post')).toMatchObject({
    data: { postLedgerEntry: { code: 'DUPLICATE_NONCE' } },
  })
  expect(await executeQuery(isolated.page, 'Read')).toMatchObject({
    data: { balance: { amount: 10 }, ledgerEntries: { edges: [{ node: { operation: 'CREDIT_ADD' } }] } },
  })
})

test("GraphiQL runs the app's own mutations", async () => {
  await setQuery(
    isolated.page,
    'mutation { createContent(input: { ownerId: "test_user", title: "T", body: "B", nonce: "c1" }) { __typename ... on PostedContent { content { title } balance { amount } } } }',
  )
  expect(await executeQuery(isolated.page)).toMatchObject({
    data: { createContent: { __typename: 'PostedContent', content: { title: 'T' }, balance: { amount: 5 } } },
  })
})

test('GraphiQL shows entries as they are posted', async () => {
  const post = async (nonce: string) => {
    const response = await fetch(`${server.url}/ledger`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ owner_id: 'live_user', operation: 'DAILY_REWARD', nonce }),
    })
    expect(response.status).toBe(200)
  }
  await setQuery(
    isolated.page,
    'subscription { ledgerEntryPosted(ownerId: "live_user", after: "") { entry { nonce seq } } }',
  )
  await post('first one')
  await startSubscription(isolated.page)
  await untilAnswered(isolated.page, ['"nonce": "first one"', '"seq": 1'])
  await post('second one')
  await untilAnswered(isolated.page, ['"nonce": "second one"', '"seq": 2'])
})

test.each(['/docs', '/redoc'])('%s shows the routes', async (path) => {
  await isolated.page.goto(server.url + path)
  await isolated.page.getByText('/content/{content_id}/access').first().waitFor()
})

test('Swagger UI posts the example of a posting each time that it is tried', async () => {
  const { page } = isolated
  await page.goto(`${server.url}/docs`)
  await page.locator('#operations-entries-postEntry').click()
  await page.getByRole('button', { name: 'Try it out' }).click()
  const execute = async () => {
    const answered = page.waitForResponse((response) => response.request().method() === 'POST')
    await page.getByRole('button', { name: 'Execute' }).click()
    const response = await answered
    const answer = await response.json()
    expect(answer).toMatchObject({
      entry: { operation: 'CREDIT_ADD', owner_id: 'test_user', amount: 10, metadata: { order: 'A-17' } },
    })
    await expect.poll(() => page.locator('.live-responses-table').textContent()).toContain(answer.entry.nonce)
    expect(
      await page.locator('.live-responses-table tr.response .response-col_status').textContent(),
    ).toContain('200')
    return answer.entry
  }
  const [first, second] = [await execute(), await execute()]
  expect(second.nonce).not.toBe(first.nonce)
  expect(second.balance_after).toBe(first.balance_after + 10)
})

test('no page of docs has a margin', async () => {
  for (const path of ['/docs', '/redoc']) {
    await isolated.page.goto(server.url + path)
    expect(await isolated.page.evaluate(() => getComputedStyle(document.body).margin)).toBe('0px')
  }
})

test('no page sent a request to another host', () => {
  expect(isolated.blocked).toEqual([])
})
