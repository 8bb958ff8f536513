import { expect, test } from 'vitest'
import { openApp } from './ledger-app.ts'

const { get, post, give } = await openApp()

const byNonce = (owner: string, nonce: string) =>
  get(`/ledger/${encodeURIComponent(owner)}/entry?nonce=${encodeURIComponent(nonce)}`)

test.each(['n', 'a/b', '..', 'ключ', ' +&=?#'])('an entry is found by the nonce %s', async (nonce) => {
  const owner = `ann/${nonce}`
  const { json } = await post('/ledger', { owner_id: owner, operation: 'CREDIT_ADD', nonce })
  const found = await byNonce(owner, nonce)
  expect([found.status, found.json]).toEqual([200, { entry: json.entry }])
})

test('an unknown nonce, and one of another owner or of a hold, is not found', async () => {
  await give('bob', 10)
  const posted = { owner_id: 'bob', operation: 'CREDIT_SPEND', amount: 1 }
  await post('/ledger', { ...posted, nonce: 'spent' })
  await post('/ledger/holds', { ...posted, nonce: 'held', expires_in: 60 })
  for (const [owner, nonce] of [
    ['bob', 'never'],
    ['cat', 'spent'],
    ['bob', 'held'],
  ] as const) {
    const { status, json } = await byNonce(owner, nonce)
    expect([status, json.code, json.detail]).toEqual([
      404,
      'ENTRY_NOT_FOUND',
      'The owner has no entry with this nonce.',
    ])
  }
})
