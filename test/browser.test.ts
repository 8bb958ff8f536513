import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type IsolatedPage, isolatedPage, launchBrowser } from './browser.ts'

const clickable = `
  <button onclick="answer.textContent = 'clicked'">press</button>
  <p id="answer">not yet</p>`

/** Sends requests to other servers in every way that a page has. The addresses are reserved for documentation. */
const leaky = `
  <script src="https://cdn.example/script.js"></script>
  <link rel="stylesheet" href="http://192.0.2.1/style.css">
  <img src="https://images.example/logo.png">
  <script>
    const worker = 'fetch("https://worker.example/data").catch(() => {}).finally(() => postMessage("done"))'
    new Worker(URL.createObjectURL(new Blob([worker]))).onmessage = () => (document.title = 'done')
    new WebSocket('wss://socket.example/')
    navigator.sendBeacon('https://beacon.example/')
    fetch('/own').then(async (response) => (own.textContent = await response.text()))
  </script>
  <p id="own"></p>`

const server = createServer(({ url }, response) => {
  response.setHeader('content-type', 'text/html')
  response.end(url === '/own' ? 'own server reached' : url === '/leaky' ? leaky : clickable)
})
let browser: Browser
let origin: string
let isolated: IsolatedPage

beforeAll(async () => {
  browser = await launchBrowser()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  isolated = await isolatedPage(browser, origin)
})
afterAll(async () => {
  await browser?.close()
  server.close()
})

it('runs a page’s scripts and reads what they show', async () => {
  await isolated.page.goto(origin)
  await isolated.page.click('button')
  expect(await isolated.page.textContent('#answer')).toBe('clicked')
  expect(isolated.blocked).toEqual([])
})

it('blocks and records every request to another server', async () => {
  await isolated.page.goto(`${origin}/leaky`)
  await isolated.page.getByText('own server reached').waitFor()
  await expect.poll(() => isolated.page.title()).toBe('done')
  await expect
    .poll(() => [...isolated.blocked].sort())
    .toEqual([
      'http://192.0.2.1/style.css',
      'https://beacon.example/',
      'https://cdn.example/script.js',
      'https://images.example/logo.png',
      'https://worker.example/data',
      'wss://socket.example/',
    ])
})
