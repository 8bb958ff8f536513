import { fileURLToPath } from 'node:url'
import { startServer } from '@shared-ledger/server'
import { pino } from 'pino'
import { test } from 'vitest'
import { buildSchema } from '../packages/plugin-ledger/test/build-schema.ts'
import { openLots } from '../packages/plugin-ledger/test/open-lots.ts'
import { isolatedPage, launchBrowser } from './browser.ts'

const dayMs = 86_400_000
const picture = fileURLToPath(new URL('../docs/console.png', import.meta.url))

/** What ann does in the last 30 days: the days since then, the operation and the amount. */
const history = [
  [27, 'BOUGHT', 200],
  [24, 'SPENT', 35],
  [21, 'PROMO', 60],
  [17, 'SPENT', 48],
  [13, 'SPENT', 20],
  [9, 'BOUGHT', 100],
  [6, 'SPENT', 72],
  [3, 'MONTHLY', 40],
  [1, 'SPENT', 25],
  [0, 'SPENT', 10],
] as const

// `npm run picture:console` takes the picture of the console in the README.
test('a picture of an owner', async () => {
  const now = Date.now()
  const { shop, moveClock } = await openLots(new Date(now - 30 * dayMs).toISOString())
  for (const [days, operation, amount] of history) {
    await moveClock(new Date(now - days * dayMs).toISOString())
    const posted = await shop.postEntry({ ownerId: 'ann', operation, amount, nonce: crypto.randomUUID() })
    if (!posted.ok) throw posted.error
  }
  const server = await startServer({
    app: 'shop',
    ledger: { ...shop, assertReady: async () => [], close: async () => {} },
    schema: buildSchema(shop),
    logger: pino({ level: 'silent' }),
    port: 0,
  })
  const browser = await launchBrowser()
  try {
    const { page } = await isolatedPage(browser, server.url, { carriesKey: false })
    await page.setViewportSize({ width: 1180, height: 820 })
    await page.goto(`${server.url}/console/owner?id=ann`)
    await page.getByRole('table', { name: 'Entries' }).waitFor()
    await page.getByRole('img', { name: /Balance over/ }).waitFor()
    await page.screenshot({ path: picture })
  } finally {
    await browser.close()
    await server.close()
  }
})
