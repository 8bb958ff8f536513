import { parseArgs } from 'node:util'
import type { Browser } from 'playwright-core'
import { isolatedPage, launchBrowser } from '../test/browser.ts'
import { withContentApp } from './content-app.ts'
import { median } from './statistics.ts'

// `npm run bench:console -- --entries 1000000` opens the console's screen of an owner with 10 entries and of one with so
// many, in turn, and prints how long each takes until its figures, its entries and its line are there.
const { values } = parseArgs({ options: { entries: { type: 'string', default: '1000000' } } })
const owners = { few: 10, many: Number(values.entries) }
const rounds = 20

async function main(): Promise<void> {
  await withContentApp(owners, async (url) => {
    const browser = await launchBrowser()
    try {
      await compare(browser, url)
    } finally {
      await browser.close()
    }
  })
}

async function compare(browser: Browser, url: string): Promise<void> {
  const took: Record<keyof typeof owners, number[]> = { few: [], many: [] }
  for (let round = -2; round < rounds; round += 1) {
    for (const owner of ['few', 'many'] as const) {
      const ms = await open(browser, `${url}/console/owner?id=${owner}&days=365`)
      if (round >= 0) took[owner].push(ms) // the first ones fill caches
    }
  }
  for (const owner of ['few', 'many'] as const) {
    console.log(`${owners[owner].toLocaleString('en')} entries: ${Math.round(median(took[owner]))} ms`)
  }
  console.log(`ratio of medians: ${(median(took.many) / median(took.few)).toFixed(2)}`)
}

/** Opens a screen in a new browser session, and returns how many milliseconds it takes until all of it is there. */
async function open(browser: Browser, address: string): Promise<number> {
  const { page, close } = await isolatedPage(browser, new URL(address).origin)
  const begun = performance.now()
  await page.goto(address)
  await page.getByText('can be spent now').waitFor()
  await page.getByRole('table', { name: 'Entries' }).waitFor()
  await page.getByRole('img', { name: /Balance over/ }).waitFor()
  const ms = performance.now() - begun
  await close()
  return ms
}

await main()
