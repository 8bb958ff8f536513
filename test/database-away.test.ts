import { createLedgerClient } from '@shared-ledger/client'
import { findRoot, migrate } from '@shared-ledger/postgres'
import { startTemporaryPostgres, type TemporaryPostgres } from '@shared-ledger/postgres/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AppProcess, startAppProcess } from './app-process.ts'

let postgres: TemporaryPostgres
let server: AppProcess
beforeAll(async () => {
  postgres = await startTemporaryPostgres({ user: 'another_user' })
  const databaseUrl = postgres.url('away')
  await migrate({ databaseUrl, root: findRoot(import.meta.dirname), apps: ['content'], log: () => {} })
  server = await startAppProcess('content', databaseUrl)
})
afterAll(async () => {
  await server?.stop()
  await postgres?.remove()
})

const json = { 'content-type': 'application/json' }

const postRest = (nonce: string) =>
  fetch(`${server.url}/ledger`, {
    method: 'POST',
    headers: json,
    body: JSON.stringify({ owner_id: 'ada', operation: 'CREDIT_ADD', amount: 1, nonce }),
  })

const readGraphql = async () => {
  const body = JSON.stringify({ query: '{ balance(ownerId: "ada") { amount } }' })
  return (await fetch(`${server.url}/graphql`, { method: 'POST', headers: json, body })).json()
}

test('when the database stops and starts under a running server, answers are 503 meanwhile, then service resumes', async () => {
  expect((await postRest('before')).status).toBe(200)
  expect((await fetch(`${server.url}/health`)).status).toBe(200)

  await postgres.stop()
  for (const nonce of ['meanwhile', 'meanwhile', 'meanwhile']) {
    const response = await postRest(nonce)
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toMatch(/^\d+$/)
    expect(await response.json()).toMatchObject({ status: 503, code: 'DATABASE_UNAVAILABLE' })
  }
  expect((await readGraphql()).errors[0].extensions).toEqual({
    code: 'DATABASE_UNAVAILABLE',
    retryable: true,
  })
  const content = await fetch(`${server.url}/content`, {
    method: 'POST',
    headers: json,
    body: JSON.stringify({ owner_id: 'ada', title: 'T', body: 'B', nonce: 'c' }),
  })
  expect(await content.json()).toMatchObject({ status: 503, code: 'DATABASE_UNAVAILABLE' })
  expect((await fetch(`${server.url}/health`)).status).toBe(503)

  await postgres.start()
  expect((await postRest('meanwhile')).status).toBe(200)
  expect(await readGraphql()).toEqual({ data: { balance: { amount: 2 } } })
  expect((await fetch(`${server.url}/health`)).status).toBe(200)
  expect(server.output()).not.toContain('"fault"')
})

test('postings during a stop get the true outcome or a retryable error, and a repeat posts nothing twice', async () => {
  const nonces = Array.from({ length: 60 }, (_, i) => `storm ${i}`)
  const storm = nonces.map(postRest)
  await postgres.stop()
  const statuses = (await Promise.all(storm)).map(({ status }) => status)
  expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([])
  await postgres.start()
  const again = await Promise.all(nonces.map(async (nonce) => (await postRest(nonce)).status))
  nonces.forEach((_, i) => {
    if (statuses[i] === 200) expect(again[i]).toBe(409)
    else expect([200, 409]).toContain(again[i])
  })
  expect(await readGraphql()).toEqual({ data: { balance: { amount: 62 } } })
})

test('a subscriber that waits meanwhile sees what is posted afterwards', async () => {
  const list = createLedgerClient({ url: `${server.url}/graphql`, retry: { attempts: 100 } }).entriesPosted(
    'live',
  )
  const next = list.next()
  const isSubscribed = () => server.output().includes('"operation":"Entries"')
  await expect.poll(isSubscribed).toBe(true)
  await postgres.stop()
  await postgres.start()
  const response = await fetch(`${server.url}/ledger`, {
    method: 'POST',
    headers: json,
    body: JSON.stringify({ owner_id: 'live', operation: 'CREDIT_ADD', amount: 1, nonce: 'after' }),
  })
  expect(response.status).toBe(200)
  expect((await next).value).toMatchObject({ entry: { ownerId: 'live', nonce: 'after' } })
  await list.return()
})
