import { expect, test } from 'vitest'
import { defineOperations } from '../src/index.ts'
import { brokenBooks, games, openGames } from './open-ledger.ts'

// While an app's servers are replaced, or after an older version was deployed again, a server meets operations that its
// code lacks. It still reads, corrects and captures their entries and holds.
const { ledger: older, sql, another } = await openGames()
const newerGames = defineOperations({
  ...games,
  GAME_NEW: { amount: 9 },
  GAME_FEE: { amount: { min: -9, max: -1 } },
  GAME_PAID: { amount: { min: -9, max: -1 }, paired: true },
  GAME_WON: { amount: { min: 1, max: 9 }, paired: true },
})
await sql.query('SELECT ledger.set_operations($1, $2)', ['games', Object.keys(newerGames)])
const newer = another(newerGames)

const unknown = { operation: null, operationName: 'GAME_NEW' }

/** Posts an entry of an operation that only the newer server knows. */
async function postNew(ownerId: string) {
  const posted = await newer.postEntry({ ownerId, operation: 'GAME_NEW', nonce: 'new' })
  if (!posted.ok) throw posted.error
  return posted.entry
}

test('an older server starts, and logs which operations its code lacks and what to do', async () => {
  expect(await newer.assertReady()).toEqual([])
  expect(await older.assertReady()).toEqual([
    expect.stringMatching(/lacks operations .* games: GAME_NEW, GAME_FEE, .* back with retired: true/),
  ])
})

test('an older server reads their entries by id, nonce, transaction, page, live list and summary', async () => {
  const { id, transactionId, createdOn } = await postNew('ann')
  await newer.postEntry({ ownerId: 'ann', operation: 'CREDIT_ADD', amount: 1, nonce: 'add' })
  expect(await newer.entry(id)).toMatchObject({ operation: 'GAME_NEW', operationName: 'GAME_NEW' })
  expect(await older.entry(id)).toMatchObject(unknown)
  expect(await older.entryByNonce('ann', 'new')).toMatchObject(unknown)
  expect(await older.transaction(transactionId)).toMatchObject({ entries: [unknown] })
  const { edges } = await older.entries({ ownerId: 'ann', order: 'OLDEST_FIRST' })
  expect(edges.map(({ node }) => node)).toMatchObject([unknown, { operation: 'CREDIT_ADD' }])
  const live = await older.postedEntries('ann', { after: '' })
  expect(await live.next()).toMatchObject({ value: { entry: unknown } })
  await live.return?.()
  const [from, to] = [new Date(createdOn.getTime() - 1), new Date(createdOn.getTime() + 60_000)]
  const lines = await older.summary({ ownerId: 'ann', from, to, per: 'MONTH' })
  expect(lines).toMatchObject([
    { operation: 'CREDIT_ADD', operationName: 'CREDIT_ADD', gross: 1 },
    { ...unknown, count: 1, gross: 9 },
  ])
})

test('an older server reverses and refunds their entries', async () => {
  const reversed = await postNew('bob')
  expect(await older.reverseTransaction({ id: reversed.transactionId, nonce: 'reverse' })).toMatchObject({
    ok: true,
    transaction: { entries: [{ ...unknown, amount: -9, reverses: reversed.id }] },
  })
  const refunded = await postNew('bea')
  const refund = { id: refunded.id, amount: 2, nonce: 'refund' }
  expect(await older.refundEntry(refund)).toMatchObject({ ok: true, entry: { ...unknown, amount: -2 } })
  expect(await older.refundEntry(refund)).toMatchObject({ error: { identical: true, entry: unknown } })
})

test('an older server refunds no part of a balanced transaction of operations whose rules it does not know', async () => {
  await postNew('cat')
  const moved = await newer.postTransaction({
    nonce: 'moved',
    balanced: true,
    entries: [
      { ownerId: 'cat', operation: 'GAME_PAID', amount: 4 },
      { ownerId: 'col', operation: 'GAME_WON', amount: 4 },
    ],
  })
  if (!moved.ok) throw moved.error
  const { id, entries } = moved.transaction
  const refund = { id: entries[0]?.id ?? '', amount: 1, nonce: 'refund' }
  for (const ledger of [newer, older]) {
    expect(await ledger.refundEntry(refund)).toMatchObject({
      ok: false,
      error: { errors: [{ field: 'id' }] },
    })
  }
  expect(await older.reverseTransaction({ id, nonce: 'reverse' })).toMatchObject({ ok: true })
})

test('an older server captures and releases their holds', async () => {
  await postNew('dan')
  const hold = async (nonce: string) => {
    const fee = { ownerId: 'dan', operation: 'GAME_FEE', amount: 4, nonce, expiresIn: 60 } as const
    const held = await newer.holdCredits(fee)
    if (!held.ok) throw held.error
    return held.hold.id
  }
  const fee = { operation: null, operationName: 'GAME_FEE' }
  const [first, second] = [await hold('first'), await hold('second')]
  expect(await older.holds('dan')).toMatchObject([fee, fee])
  expect(await older.captureHold({ id: first, nonce: 'capture' })).toMatchObject({
    ok: true,
    hold: { ...fee, status: 'CAPTURED' },
    entry: fee,
    balance: { amount: 5 },
  })
  expect(await older.releaseHold(second)).toMatchObject({ ok: true, hold: { ...fee, status: 'RELEASED' } })
})

test('a nonce that one of them has used is a duplicate, alone and in a list', async () => {
  await postNew('eve')
  const add = (ownerId: string, nonce: string) =>
    ({ ownerId, operation: 'CREDIT_ADD', amount: 1, nonce }) as const
  const duplicate = { ok: false, error: { code: 'DUPLICATE_NONCE', identical: false, entry: unknown } }
  expect(await older.postEntries([add('eve', 'first'), add('eve', 'new'), add('fay', 'last')])).toMatchObject(
    [{ ok: true }, duplicate, { ok: true, balance: { amount: 1 } }],
  )
  expect(await older.postEntry(add('eve', 'new'))).toMatchObject(duplicate)
  expect(await brokenBooks(sql)).toEqual([])
})
