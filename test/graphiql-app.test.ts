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

test('no page asked another host for anything', () => {
  expect(isolated.blocked).toEqual([])
})
