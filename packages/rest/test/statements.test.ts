import { expect, test } from 'vitest'
import { openApp } from './ledger-app.ts'

const { get, post, send, give } = await openApp()

const entriesOf = async (owner: string, query: string) =>
  (await get(`/ledger/${owner}/entries?${query}`)).json.entries.map(
    ({ amount }: { amount: number }) => amount,
  )

test('the balance of a past moment', async () => {
  const first = await give('ann', 1)
  await new Promise((resolve) => setTimeout(resolve, 5))
  const second = await give('ann', 2)
  for (const path of ['/ledger/ann', '/balance/ann']) {
    const at = async (moment: string) => (await get(`${path}?as_of=${moment}`)).json
    expect(await at(first.created_on)).toEqual({ owner_id: 'ann', balance: 1 })
    expect(await at(second.created_on)).toEqual({ owner_id: 'ann', balance: 3 })
    expect(await at('1970-01-01T00:00:00Z')).toEqual({ owner_id: 'ann', balance: 0 })
    expect(await at('9999-01-01T00:00:00%2B02:00')).toEqual({ owner_id: 'ann', balance: 3 })
  }
})

test('entries by time, order and metadata, in pages', async () => {
  const first = await give('bob', 1, { colour: 'red', 'a.b': 'x' })
  await new Promise((resolve) => setTimeout(resolve, 5))
  const second = await give('bob', 2, { colour: 'blue' })
  await new Promise((resolve) => setTimeout(resolve, 5))
  await give('bob', 3, { colour: 'red' })
  expect(await entriesOf('bob', '')).toEqual([3, 2, 1])
  expect(await entriesOf('bob', 'order=oldest_first')).toEqual([1, 2, 3])
  expect(await entriesOf('bob', 'order=newest_first')).toEqual([3, 2, 1])
  expect(await entriesOf('bob', `from=${second.created_on}`)).toEqual([3, 2])
  expect(await entriesOf('bob', `to=${second.created_on}`)).toEqual([1])
  expect(await entriesOf('bob', `from=${first.created_on}&to=${second.created_on}`)).toEqual([1])
  expect(await entriesOf('bob', 'metadata.colour=red')).toEqual([3, 1])
  expect(await entriesOf('bob', 'metadata.colour=red&order=oldest_first')).toEqual([1, 3])
  expect(await entriesOf('bob', 'metadata.a.b=x')).toEqual([1])
  expect(await entriesOf('bob', 'metadata.colour=')).toEqual([])
  expect(await entriesOf('bob', 'metadata.__proto__=x')).toEqual([])
  expect(await entriesOf('bob', 'operation=CREDIT_ADD&operation=DAILY_REWARD&first=2')).toEqual([3, 2])

  const page = await get('/ledger/bob/entries?first=2&order=oldest_first')
  const next = await entriesOf('bob', `order=oldest_first&after=${page.json.next}`)
  expect(next).toEqual([3])
})

test('entries of the whole app, in pages', async () => {
  const first = await give('eli', 1, { colour: 'green' })
  const second = await give('fay', 2)
  const third = await give('eli', 3)
  expect((await get('/operations/entries?first=3')).json.entries).toEqual([third, second, first])
  expect((await get('/operations/entries?metadata.colour=green')).json).toEqual({
    entries: [first],
    next: null,
  })
  const page = await get('/operations/entries?first=2')
  expect((await get(`/operations/entries?first=1&after=${page.json.next}`)).json.entries).toEqual([first])
  expect((await get('/operations/entries?order=oldest_first&after=x')).status).toBe(422)
})

test('what all accounts have together, now and over time, and who has most', async () => {
  await give('gus', 1_000_000)
  await give('hal', 900_000)
  const { json } = await get('/ledger?order=highest_balance&first=2')
  expect(json.accounts.map(({ owner_id }: { owner_id: string }) => owner_id)).toEqual(['gus', 'hal'])
  const rest = await get(`/ledger?order=highest_balance&first=1&after=${json.next}`)
  expect(rest.json.accounts[0].balance).toBeLessThan(900_000)
  expect((await get('/ledger?order=last_changed&first=1')).json.accounts[0].owner_id).toBe('hal')
  expect((await get('/ledger?order=name')).status).toBe(422)

  const { totals } = (await get('/operations/totals')).json
  expect(totals).toMatchObject({ accounts: expect.any(Number), frozen: 0, closed: 0 })
  const { lines } = (
    await get('/operations/outstanding?from=2026-01-01T00:00:00Z&to=2100-01-01T00:00:00Z&per=month')
  ).json
  expect(lines.at(-1).balance).toBe(totals.balance)
  expect(lines[0]).toEqual({ start: '2026-01-01T00:00:00.000Z', balance: 0 })
})

test('a summary counts per operation and window', async () => {
  await give('cat', 10)
  const spending = { owner_id: 'cat', operation: 'CREDIT_SPEND', amount: 4 }
  const { json: spent } = await post('/ledger', { ...spending, nonce: 's1' })
  await post('/ledger', { ...spending, nonce: 's2' })
  await post(`/ledger/entries/${spent.entry.id}/refund`, { amount: 1, nonce: 'r' })
  const today = `${new Date().toISOString().slice(0, 10)}T00:00:00.000Z`
  const range = 'from=2026-01-01T00:00:00Z&to=2028-01-01T00:00:00Z'
  const { status, json } = await get(`/ledger/cat/summary?${range}&per=day`)
  expect(status).toBe(200)
  expect(json).toEqual({
    lines: [
      { operation: 'CREDIT_ADD', start: today, count: 1, gross: 10, reversed: 0 },
      { operation: 'CREDIT_SPEND', start: today, count: 2, gross: -8, reversed: 1 },
    ],
  })
  const { json: adds } = await get(`/ledger/cat/summary?${range}&per=month&operation=CREDIT_ADD`)
  expect(adds.lines).toMatchObject([
    { operation: 'CREDIT_ADD', start: `${today.slice(0, 8)}01T00:00:00.000Z` },
  ])
})

test('accounts by owner, in pages', async () => {
  await give('list/a', 1)
  await give('list/b', 2)
  await send('PUT', '/ledger/list%2Fb/overdraft', { limit: 5 })
  await give('list0', 3)
  const { status, json } = await get('/ledger?prefix=list/&first=1')
  expect(status).toBe(200)
  expect(json).toEqual({
    accounts: [
      {
        owner_id: 'list/a',
        balance: 1,
        overdraft: 0,
        held: 0,
        available: 1,
        state: 'open',
        entry_count: 1,
        created_on: expect.any(String),
        updated_on: expect.any(String),
      },
    ],
    next: expect.any(String),
  })
  const { json: rest } = await get(`/ledger?prefix=list/&after=${json.next}`)
  expect(rest).toMatchObject({ accounts: [{ owner_id: 'list/b', balance: 2, available: 7 }], next: null })
  const { json: all } = await get('/ledger')
  expect(all.accounts.map(({ owner_id }: { owner_id: string }) => owner_id)).toContain('list0')
})
