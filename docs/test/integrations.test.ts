import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { createLedgerClient } from '@shared-ledger/client'
import type { Ledger } from '@shared-ledger/ledger'
import type { Pool } from 'pg'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import type { operations } from '../../apps/content/src/operations.ts'
import { printedBy } from './example.ts'
import { type Block, blocksOf } from './markdown.ts'
import { copyProject } from './project-copy.ts'
import { addresses, type Servers, startServers } from './servers.ts'

const document = 'docs/integrations.md'
const project = copyProject()
let servers: Servers
beforeAll(async () => {
  servers = await startServers({ apps: ['content'] })
})
afterAll(async () => {
  await servers.stop()
  project.remove()
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

function blockOf(step: string): Block {
  const block = blocksOf(document).find(({ info }) => info.step === step)
  if (!block) throw new Error(`${document} has no step ${step}`)
  return block
}

/** What the module of the step drizzle exports. */
interface Drizzle {
  readonly ledger: Ledger<typeof operations>
  readonly pool: Pool
  publish(ownerId: string, title: string, nonce: string): Promise<object>
}

/** Writes the document's code of this step as a module that calls the test's server. */
function moduleOf(step: string): string {
  const file = `docs/${step}.ts`
  project.write(
    file,
    blockOf(step).text.replaceAll(`http://${addresses.content}`, servers.at(addresses.content)),
  )
  return pathToFileURL(path.join(project.root, file)).href
}

test.each(['apollo', 'urql'])('the code of %s prints what its comment says', async (step) => {
  const log = vi.spyOn(console, 'log').mockReturnValue()
  await import(moduleOf(step))
  expect(log.mock.calls.map((parts) => parts.join(' '))).toEqual(printedBy(blockOf(step)))
})

const order = (body: object, secret?: string) =>
  new Request('http://localhost:3000/api/orders', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(secret && { authorization: `Bearer ${secret}` }) },
    body: JSON.stringify(body),
  })

test('the route handler for Next.js posts an order once, for the shop alone', async () => {
  const { POST }: { POST(request: Request): Promise<Response> } = await import(moduleOf('next-route'))
  const { balance } = createLedgerClient({ url: `${servers.at(addresses.content)}/graphql` })
  const paid = { orderId: 'A-17', ownerId: 'cleo', credits: 40 }

  expect((await POST(order(paid, 'undefined'))).status).toBe(401) // no secret is set
  vi.stubEnv('SHOP_SECRET', 'known to both')
  expect((await POST(order(paid))).status).toBe(401)
  expect((await POST(order(paid, 'known to others'))).status).toBe(401)
  for (const _ of ['first', 'again']) {
    const answer = await POST(order(paid, 'known to both'))
    expect([answer.status, await answer.json()]).toEqual([200, { done: true }])
  }
  expect(await balance('cleo')).toMatchObject({ amount: 40 })

  const changed = await POST(order({ ...paid, credits: 41 }, 'known to both'))
  expect([changed.status, await changed.json()]).toEqual([422, { code: 'DUPLICATE_NONCE' }])
  const wrong = await POST(order({ ...paid, orderId: 'A-18', credits: -1 }, 'known to both'))
  expect([wrong.status, await wrong.json()]).toEqual([422, { code: 'VALIDATION_ERROR' }])
  expect(await balance('cleo')).toMatchObject({ amount: 40 })
})

test("a server component's function reads the balance and the latest entries, past every cache", async () => {
  const fetched = vi.spyOn(globalThis, 'fetch')
  const { creditsOf }: { creditsOf(ownerId: string): Promise<unknown> } = await import(moduleOf('next-page'))
  const { postEntry } = createLedgerClient({ url: `${servers.at(addresses.content)}/graphql` })
  await postEntry({ ownerId: 'dora', operation: 'CREDIT_ADD', amount: 10 })
  await postEntry({ ownerId: 'dora', operation: 'CREDIT_SPEND', amount: 3 })

  fetched.mockClear()
  expect(await creditsOf('dora')).toEqual({ amount: 7, latest: ['CREDIT_SPEND -3', 'CREDIT_ADD 10'] })
  expect(fetched.mock.calls.map(([, init]) => init?.cache)).toEqual(['no-store', 'no-store'])
})

test('with Drizzle a content and its entry are written once, together, or not at all', async () => {
  vi.stubEnv('DATABASE_URL', servers.databaseUrl)
  const { ledger, pool, publish }: Drizzle = await import(moduleOf('drizzle'))
  try {
    await ledger.postEntry({ ownerId: 'emma', operation: 'CREDIT_ADD', amount: 7, nonce: 'credits' })
    expect(await publish('emma', 'Hello', 'hello')).toEqual({ id: 1, balance: 2, replayed: false })
    expect(await publish('emma', 'Hello', 'hello')).toEqual({ id: 1, balance: 2, replayed: true })
    await expect(publish('emma', 'Another', 'hello')).rejects.toMatchObject({ code: 'DUPLICATE_NONCE' })
    await expect(publish('emma', 'Second', 'second')).rejects.toMatchObject({ code: 'INSUFFICIENT_BALANCE' })
    const { rows } = await pool.query('SELECT title FROM content.contents')
    expect(rows).toEqual([{ title: 'Hello' }])
  } finally {
    await ledger.close()
    await pool.end()
  }
})
