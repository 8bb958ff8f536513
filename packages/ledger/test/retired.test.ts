import { describe, expect, test } from 'vitest'
import { defineOperations, hasTransfers } from '../src/index.ts'
import { allRows, brokenBooks, games, openGames, postBySql } from './open-ledger.ts'

// Two servers of one app: the older one was started before GAME_FEE and the transfers were retired.
const gamesBefore = defineOperations({ ...games, GAME_FEE: { amount: { min: -9, max: -1 } } })
const retiring = defineOperations({
  ...gamesBefore,
  GAME_FEE: { amount: { min: -9, max: -1 }, retired: true },
  TRANSFER_OUT: { ...games.TRANSFER_OUT, retired: true },
})
const names = Object.keys(gamesBefore)
const { sql, prisma, another } = await openGames()
const declare = (retired: readonly string[]) =>
  sql.query('SELECT ledger.set_operations($1, $2, $3)', ['games', names, retired])
await declare([])
const older = another(gamesBefore)
const newer = another(retiring)

const fee = (ownerId: string, nonce: string) =>
  ({ ownerId, operation: 'GAME_FEE', amount: 4, nonce }) as const
const add = (ownerId: string, nonce: string) =>
  ({ ownerId, operation: 'CREDIT_ADD', amount: 50, nonce }) as const
/** Accepts calls that the compiler refuses. */
const unchecked = newer as unknown as typeof older

// What was posted and held before the retirement.
await older.postEntries([add('ann', 'add'), fee('ann', 'before'), add('bob', 'add')])
const before = await older.entryByNonce('ann', 'before')
const held = await older.holdCredits({ ...fee('ann', 'hold'), expiresIn: 600 })
const kept = await older.holdCredits({ ...fee('ann', 'kept'), expiresIn: 600 })
if (!before || !held.ok || !kept.ok) throw new Error('the preparations failed')
await declare(['GAME_FEE', 'TRANSFER_OUT'])

const refusal = (field: string, operation = 'GAME_FEE') => ({
  ok: false,
  error: {
    code: 'VALIDATION_ERROR',
    errors: [{ field, message: expect.stringContaining(`${operation} is retired`) }],
  },
})

describe.each([
  ['an older server, which still offers it', older],
  ['a server that retires it, for callers that the compiler did not check', unchecked],
])('a retired operation on %s', (_which, ledger) => {
  test('is refused in every input that posts, and nothing is written', async () => {
    const rows = await allRows(sql)
    const posting = fee('ann', 'new')
    expect(await ledger.postEntry(posting)).toMatchObject(refusal('operation'))
    expect(await ledger.postEntry({ ...posting, dryRun: true })).toMatchObject(refusal('operation'))
    expect(await ledger.holdCredits({ ...posting, expiresIn: 60 })).toMatchObject(refusal('operation'))
    expect(await allRows(sql)).toEqual(rows)
  })

  test('is refused with its whole transaction, by its index in it', async () => {
    const entries = [add('bob', ''), fee('ann', '')].map(({ nonce: _, ...entry }) => entry)
    const refused = await ledger.postTransaction({ nonce: 'whole', entries })
    expect(refused).toMatchObject(refusal('entries.1.operation'))
    expect(await ledger.entryByNonce('bob', 'whole')).toBeNull()
  })

  test('is refused alone in a batch, and among other postings of the same moment', async () => {
    const nonce = crypto.randomUUID()
    const mixed = () => [add('ann', `${nonce} 1`), fee('ann', `${nonce} 2`), add('bob', `${nonce} 3`)]
    expect(await ledger.postEntries(mixed())).toMatchObject([
      { ok: true },
      refusal('operation'),
      { ok: true },
    ])
    const one = mixed().map((input) => ledger.postEntry({ ...input, nonce: `${input.nonce} again` }))
    expect(await Promise.all(one)).toMatchObject([{ ok: true }, refusal('operation'), { ok: true }])
  })

  test("is thrown in an app's own transaction, which rolls back", async () => {
    const rows = await allRows(sql)
    await expect(
      prisma.$transaction((tx) => ledger.postEntry(fee('ann', 'tx'), { tx })),
    ).rejects.toMatchObject(refusal('operation').error)
    expect(await allRows(sql)).toEqual(rows)
  })

  test('of an earlier posting that is sent again is a replay, which is found before anything is judged', async () => {
    expect(await ledger.postEntry(fee('ann', 'before'))).toMatchObject({
      error: { code: 'DUPLICATE_NONCE', identical: true, entry: { id: before.id } },
    })
    expect(await ledger.holdCredits({ ...fee('ann', 'hold'), expiresIn: 600 })).toMatchObject({
      error: { code: 'DUPLICATE_NONCE', identical: true, hold: { id: held.hold.id } },
    })
  })

  test('is read, filtered and summed', async () => {
    const page = await ledger.entries({ ownerId: 'ann', operations: ['GAME_FEE'], last: 1 })
    expect(page.edges).toMatchObject([{ node: { id: before.id, operation: 'GAME_FEE' } }])
    const [from, to] = [before.createdOn, new Date(before.createdOn.getTime() + 1)]
    expect(await ledger.summary({ from, to, per: 'MONTH', operations: ['GAME_FEE'] })).toMatchObject([
      { operation: 'GAME_FEE', gross: -4 },
    ])
  })

  test('is refunded', async () => {
    const refund = { id: before.id, amount: 1, nonce: crypto.randomUUID() }
    expect(await ledger.refundEntry(refund)).toMatchObject({ ok: true, entry: { operation: 'GAME_FEE' } })
  })
})

test('a hold of a retired operation is captured and released, and its capture reversed', async () => {
  const captured = await newer.captureHold({ id: held.hold.id, nonce: 'capture' })
  expect(captured).toMatchObject({ ok: true, entry: { operation: 'GAME_FEE', amount: -4 } })
  if (!captured.ok) throw captured.error
  const { transactionId } = captured.entry
  expect(await older.reverseTransaction({ id: transactionId, nonce: 'reverse' })).toMatchObject({ ok: true })
  expect(await newer.releaseHold(kept.hold.id)).toMatchObject({ ok: true, hold: { status: 'RELEASED' } })
})

test('the SQL functions refuse a retired operation, whoever calls and whatever the line pretends', async () => {
  const line = { app: 'games', ownerId: 'ann', operation: 'GAME_FEE', amount: -1 }
  const post = (more: object) => postBySql(sql, { ...line, nonce: crypto.randomUUID(), ...more })
  const [addition] = (await older.entries({ ownerId: 'ann', operations: ['CREDIT_ADD'], last: 1 })).edges
  const rows = await allRows(sql)
  expect(await post({})).toMatchObject({ outcome: 'operation_retired', line: 0 })
  expect(await post({ limit_times: 9, limit_per: 'day' })).toMatchObject({ outcome: 'operation_retired' })
  expect(await post({ captures: 999_999 })).toMatchObject({ outcome: 'hold_not_found' })
  expect(await post({ refunds: addition?.node.id })).toMatchObject({ outcome: 'entry_not_found' })
  expect(await post({ hold_ms: 1000 })).toMatchObject({ outcome: 'operation_retired' })
  expect(await allRows(sql)).toEqual(rows)
})

test('an app whose transfers are retired has no transfers', async () => {
  expect([gamesBefore, retiring].map(hasTransfers)).toEqual([true, false])
  const transfer = { from: 'ann', to: 'bob', amount: 1, nonce: 'transfer' }
  expect(await older.transfer(transfer)).toMatchObject(refusal('operation', 'TRANSFER_OUT'))
  await expect(newer.transfer(transfer)).rejects.toThrow('Transfers need the operations')
})

test('a server that differs from the database starts, and logs what to do', async () => {
  expect(await newer.assertReady()).toEqual([])
  expect(await older.assertReady()).toEqual([
    expect.stringMatching(/retired operations .* games .*: TRANSFER_OUT, GAME_FEE\. .*retired: true/),
  ])
  await declare([])
  expect(await older.assertReady()).toEqual([])
  expect(await newer.assertReady()).toEqual([
    expect.stringMatching(/not retired .* games: TRANSFER_OUT, GAME_FEE\. .*npx shared-ledger migrate games/),
  ])
})

test('an operation whose retirement is undone is posted again', async () => {
  await declare([])
  expect(await older.postEntry(fee('ann', 'again'))).toMatchObject({ ok: true })
  expect(await brokenBooks(sql)).toEqual([])
})
