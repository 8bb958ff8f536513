import { type Browser, chromium, type Page } from 'playwright-core'
import { suiteKey } from '../packages/postgres/src/testing/suite-key.ts'
import { bundledChromium } from './bundled-chromium.ts'
import { installedChromium } from './installed-chromium.ts'

/** Starts a headless Chromium: an installed one if there is one, else the one from npm. */
export async function launchBrowser(): Promise<Browser> {
  const { executablePath, env } = installedChromium() ?? (await bundledChromium())
  return chromium.launch({
    executablePath,
    env: { ...process.env, ...env },
    // A second barrier besides isolatedPage: no name is looked up, so that nothing leaves this machine.
    args: ['--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1, EXCLUDE [::1]'],
  })
}

/** A page that reaches only one server. */
export interface IsolatedPage {
  readonly page: Page
  /** The requests of the page to other servers. None was let through. */
  readonly blocked: readonly string[]
  close(): Promise<void>
}

/**
 * Opens a page in its own context that reaches only `origin`. Its other requests are recorded.
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
    // The window is tall, because editors draw only visible lines.
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
