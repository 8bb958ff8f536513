import { suiteKey } from '@shared-ledger/postgres/testing'
import { type Browser, chromium, type Page } from 'playwright-core'
import { bundledChromium } from './bundled-chromium.ts'
import { installedChromium } from './installed-chromium.ts'

/** A headless Chromium: an installed one where there is one, else the one that npm brought. */
export async function launchBrowser(): Promise<Browser> {
  const { executablePath, env } = installedChromium() ?? (await bundledChromium())
  return chromium.launch({
    executablePath,
    env: { ...process.env, ...env },
    // A second wall behind isolatedPage: no name is looked up, so that nothing leaves this machine.
    args: ['--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1, EXCLUDE [::1]'],
  })
}

/** A page that reaches one server only. */
export interface IsolatedPage {
  readonly page: Page
  /** The URLs that the page asked of other servers. None was let through. */
  readonly blocked: readonly string[]
  close(): Promise<void>
}

/**
 * A page in a context of its own that reaches `origin` and nothing else; what else it asks for is recorded.
 *
 * @param carriesKey Whether it sends the key of `npm run test:keys` in that mode.
 */
export async function isolatedPage(
  browser: Browser,
  origin: string,
  { carriesKey = process.env.MODE === 'keys' } = {},
): Promise<IsolatedPage> {
  const allowed = new URL(origin).host
  const blocked: string[] = []
  const context = await browser.newContext({
    // Tall, since editors draw only the lines that are in sight.
    viewport: { width: 1600, height: 2000 },
    serviceWorkers: 'block',
    ...(carriesKey && { extraHTTPHeaders: { authorization: `Bearer ${suiteKey}` } }),
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  await context.route(
    (url) => url.host !== allowed,
    (route) => {
      blocked.push(route.request().url())
      return route.abort('blockedbyclient')
    },
  )
  await context.routeWebSocket(
    (url) => url.host !== allowed,
    (socket) => {
      blocked.push(socket.url())
      return socket.close()
    },
  )
  return { page: await context.newPage(), blocked, close: () => context.close() }
}
