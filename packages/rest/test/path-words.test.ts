import { expect, test } from 'vitest'
import { openApp } from './ledger-app.ts'

const { get, post, send, give } = await openApp()

test.each([
  'transactions',
  'transfers',
  'exchanges',
  'entries',
  'holds',
  'batch',
  'summary',
  'overdraft',
  'balance',
  'ledger',
  'entry',
  'operations',
  'account',
  'lots',
])('an owner called %s has every route of an owner', async (owner) => {
  const entry = await give(owner, 10)
  const balance = { owner_id: owner, balance: 10, overdraft: 0, held: 0, available: 10, state: 'open' }
  expect((await get(`/ledger/${owner}`)).json).toEqual(balance)
  expect((await get(`/balance/${owner}`)).json).toEqual(balance)
  expect((await get(`/ledger/${owner}/entries`)).json).toEqual({ entries: [entry], next: null })
  expect((await get(`/ledger/${owner}/account`)).json).toEqual({ entries: [entry], next: null })
  expect((await get(`/ledger/${owner}/entry?nonce=${entry.nonce}`)).json).toEqual({ entry })
  const held = { owner_id: owner, operation: 'CREDIT_SPEND', amount: 1, nonce: 'h', expires_in: 60 }
  const { json } = await post('/ledger/holds', held)
  expect((await get(`/ledger/${owner}/holds`)).json).toEqual({ holds: [json.hold] })
  const range = 'from=2026-01-01T00:00:00Z&to=2028-01-01T00:00:00Z&per=month'
  expect((await get(`/ledger/${owner}/summary?${range}`)).json.lines).toMatchObject([{ gross: 10 }])
  const overdraft = await send('PUT', `/ledger/${owner}/overdraft`, { limit: 2 })
  expect(overdraft.json).toEqual({
    owner_id: owner,
    balance: 10,
    overdraft: 2,
    held: 1,
    available: 11,
    state: 'open',
  })
})

test.each([
  ['/ledger', 'GET, HEAD, OPTIONS, POST'],
  ['/ledger/', 'GET, HEAD, OPTIONS, POST'],
  ['/ledger/ann', 'GET, HEAD, OPTIONS'],
  ['/ledger/transactions', 'GET, HEAD, OPTIONS, POST'],
  ['/ledger/batch', 'GET, HEAD, OPTIONS, POST'],
  ['/ledger/ann/entries', 'GET, HEAD, OPTIONS'],
  ['/ledger/ann/account', 'GET, HEAD, OPTIONS'],
  ['/ledger/ann/overdraft', 'OPTIONS, PUT'],
  ['/ledger/ann/entry', 'GET, HEAD, OPTIONS'],
  ['/operations', 'GET, HEAD, OPTIONS'],
  ['/operations/summary', 'GET, HEAD, OPTIONS'],
  ['/operations/entries', 'GET, HEAD, OPTIONS'],
  ['/operations/totals', 'GET, HEAD, OPTIONS'],
  ['/operations/outstanding', 'GET, HEAD, OPTIONS'],
  ['/ledger/entries/1', 'GET, HEAD, OPTIONS'],
  ['/ledger/entries/1/refund', 'OPTIONS, POST'],
  ['/ledger/holds/1/release', 'OPTIONS, POST'],
])('%s allows %s', async (path, allow) => {
  const { status, headers } = await send('OPTIONS', path)
  expect([status, headers.get('allow')]).toEqual([204, allow])
  const other = await send('DELETE', path)
  expect([other.status, other.headers.get('allow')]).toEqual([405, allow])
})
