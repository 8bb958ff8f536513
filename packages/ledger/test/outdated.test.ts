import { expect, test } from 'vitest'
import { defineOperations } from '../src/index.ts'
import { brokenBooks, games, openGames } from './open-ledger.ts'

// As long as an app's servers are replaced, an older one meets operations that only a newer one knows.
const { ledger: older, sql, another } = await openGames()
const newerGames = defineOperations({
  ...games,
  GAME_NEW: { amount: 9 },
  GAME_FEE: { amount: { min: -9, max: -1 } },
})
await sql.query('SELECT ledger.set_operations($1, $2)', ['games', Object.keys(newerGames)])
const newer = another(newerGames)

const outdated = { code: 'SERVER_OUTDATED', retryable: true }

test('an older server corrects nothing whose operation it does not know: it refuses before anything is posted', async () => {
  const posted = await newer.postEntry({ ownerId: 'ada', operation: 'GAME_NEW', nonce: 'new' })
  if (!posted.ok) throw posted.error
  const { id, transactionId } = posted.entry
  await expect(older.reverseTransaction({ id: transactionId, nonce: 'reverse' })).rejects.toMatchObject(
    outdated,
  )
  await expect(older.refundEntry({ id, amount: 1, nonce: 'refund' })).rejects.toMatchObject(outdated)
  expect(await older.balance('ada')).toMatchObject({ amount: 9 })
  expect(await newer.reverseTransaction({ id: transactionId, nonce: 'reverse' })).toMatchObject({ ok: true })
})

test('nor does it capture or release such a hold', async () => {
  await newer.postEntry({ ownerId: 'bob', operation: 'GAME_NEW', nonce: 'new' })
  const held = await newer.holdCredits({
    ownerId: 'bob',
    operation: 'GAME_FEE',
    amount: 4,
    nonce: 'hold',
    expiresIn: 60,
  })
  if (!held.ok) throw held.error
  const { id } = held.hold
  await expect(older.captureHold({ id, nonce: 'capture' })).rejects.toMatchObject(outdated)
  await expect(older.releaseHold(id)).rejects.toMatchObject(outdated)
  expect(await newer.hold(id)).toMatchObject({ status: 'HELD' })
  expect(await newer.captureHold({ id, nonce: 'capture' })).toMatchObject({
    ok: true,
    balance: { amount: 5 },
  })
})

test('one nonce that such an operation has used fails alone, in a list and among postings of one moment', async () => {
  await newer.postEntry({ ownerId: 'cyd', operation: 'GAME_NEW', nonce: 'used' })
  const add = (ownerId: string, nonce: string) =>
    ({ ownerId, operation: 'CREDIT_ADD', amount: 1, nonce }) as const
  expect(
    await older.postEntries([add('cyd', 'first'), add('cyd', 'used'), add('dan', 'last')]),
  ).toMatchObject([{ ok: true }, { ok: false, error: outdated }, { ok: true, balance: { amount: 1 } }])
  const [first, used, last] = await Promise.allSettled([
    older.postEntry(add('cyd', 'second')),
    older.postEntry(add('cyd', 'used')),
    older.postEntry(add('dan', 'second')),
  ])
  expect(first).toMatchObject({ value: { ok: true, balance: { amount: 11 } } })
  expect(used).toMatchObject({ status: 'rejected', reason: outdated })
  expect(last).toMatchObject({ value: { ok: true, balance: { amount: 2 } } })
  expect(await brokenBooks(sql)).toEqual([])
})
