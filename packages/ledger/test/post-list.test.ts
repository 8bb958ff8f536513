import { expect, test } from 'vitest'
import { brokenBooks, openGames, postAllBySql, type SqlRequest, stopClockAt } from './open-ledger.ts'

const { ledger, sql } = await openGames()

// ledger.post_games accepts any list of requests. No command sends the lists of this file.

const start = '2026-11-22T10:00:00Z'
const request = (nonce: string, ...lines: object[]) => ({
  id: crypto.randomUUID(),
  nonce,
  metadata: {},
  lines,
})
const line = (account: number, operation: string, amount: number, rest: object = {}) => ({
  account,
  operation,
  amount,
  ...rest,
})

const post = (ownerIds: readonly string[], ...requests: SqlRequest[]) =>
  postAllBySql(sql, { app: 'games', ownerIds, requests })

async function holdOf(ownerId: string, amount: number, expiresIn: number): Promise<string> {
  const held = await ledger.holdCredits({
    ownerId,
    operation: 'CREDIT_SPEND',
    amount,
    nonce: `h ${expiresIn}`,
    expiresIn,
  })
  if (!held.ok) throw held.error
  return held.hold.id
}

const add = (ownerId: string, amount: number) =>
  ledger.postEntry({ ownerId, operation: 'CREDIT_ADD', amount, nonce: 'in' })

test('a hold that a list captures twice is captured once', async () => {
  await stopClockAt(sql, start)
  await add('a', 10)
  const captures = await holdOf('a', 5, 60)
  const capture = (nonce: string, amount: number) =>
    request(nonce, line(1, 'CREDIT_SPEND', amount, { captures, requested: amount }))
  const twice = request(
    'both',
    line(1, 'CREDIT_SPEND', -1, { captures }),
    line(1, 'CREDIT_SPEND', -1, { captures }),
  )
  await expect(post(['a'], twice)).rejects.toThrow('is alone in its transaction')
  const answers = await post(['a'], capture('c1', -3), capture('c2', -1))
  expect(answers).toMatchObject([
    { outcome: 'posted', entries: [{ balanceAfter: 7, held: 0 }] },
    { outcome: 'hold_captured', details: { status: 'CAPTURED' } },
  ])
  expect(await ledger.hold(captures)).toMatchObject({
    status: 'CAPTURED',
    capturedBy: answers[0].entries[0].id,
  })
  expect(await brokenBooks(sql)).toEqual([])
})

test('captured credits are not held again when another hold expires within the list', async () => {
  await stopClockAt(sql, start)
  await add('b', 20)
  const captures = await holdOf('b', 5, 60)
  await holdOf('b', 7, 10)
  // The other account's clock is ahead, so the second transaction is later than the first.
  await stopClockAt(sql, '2026-11-22T10:00:20Z')
  await add('ahead', 1)
  await stopClockAt(sql, start)
  const answers = await post(
    ['ahead', 'b'],
    request('c', line(2, 'CREDIT_SPEND', -5, { captures })),
    request('t', line(1, 'CREDIT_ADD', 1), line(2, 'CREDIT_SPEND', -1)),
  )
  expect(answers).toMatchObject([
    { outcome: 'posted', entries: [{ balanceAfter: 15, held: 7 }] },
    { outcome: 'posted', entries: [{}, { balanceAfter: 14, held: 0 }] },
  ])
  await stopClockAt(sql, '2026-11-22T10:00:20Z')
  expect(await brokenBooks(sql)).toEqual([])
})

test('an entry that a list reverses or refunds twice is corrected once', async () => {
  await stopClockAt(sql, start)
  await add('c', 10)
  const id = (await ledger.entryByNonce('c', 'in'))?.id
  const reversal = (nonce: string) => request(nonce, line(1, 'CREDIT_ADD', -10, { reverses: id }))
  const refund = (nonce: string, amount: number) =>
    request(nonce, line(1, 'CREDIT_ADD', amount, { refunds: id }))
  const answers = await post(
    ['c'],
    refund('f1', -4),
    refund('f2', -7),
    reversal('r1'),
    refund('f3', -6),
    refund('f4', -1),
  )
  expect(answers).toMatchObject([
    { outcome: 'posted' },
    { outcome: 'refund_exceeded', details: 6 },
    { outcome: 'already_refunded', details: 6 },
    { outcome: 'posted', entries: [{ balanceAfter: 0 }] },
    { outcome: 'refund_exceeded', details: 0 },
  ])
  await add('d', 10)
  const other = (await ledger.entryByNonce('d', 'in'))?.id
  const again = (nonce: string) => request(nonce, line(1, 'CREDIT_ADD', -10, { reverses: other }))
  expect(await post(['d'], again('r1'), again('r2'), again('r1'))).toMatchObject([
    { outcome: 'posted' },
    { outcome: 'already_reversed' },
    { outcome: 'duplicate' },
  ])
  expect(await brokenBooks(sql)).toEqual([])
})

test('a transaction of several owners that a list has twice is identical, whatever the order of the locks', async () => {
  await stopClockAt(sql, start)
  const lines = [line(2, 'CREDIT_ADD', 3), line(1, 'CREDIT_ADD', 2), line(2, 'CREDIT_SPEND', -1)].map(
    (each) => ({
      ...each,
      requested: each.amount,
    }),
  )
  const answers = await post(
    ['x', 'y'],
    request('same', ...lines),
    request('same', ...lines),
    request('same', ...lines.toReversed()),
  )
  expect(answers).toMatchObject([
    { outcome: 'posted' },
    { outcome: 'duplicate', identical: true, entry: { ownerId: 'y', seq: 1 } },
    { outcome: 'duplicate', identical: false },
  ])
})

test('a correction of the wrong sign, size or operation is refused', async () => {
  await stopClockAt(sql, start)
  await add('e', 10)
  const id = (await ledger.entryByNonce('e', 'in'))?.id
  const answers = await post(
    ['e', 'f'],
    request('1', line(1, 'CREDIT_ADD', 10, { reverses: id })),
    request('2', line(1, 'CREDIT_ADD', -9, { reverses: id })),
    request('3', line(1, 'DAILY_REWARD', -10, { reverses: id })),
    request('4', line(1, 'CREDIT_ADD', 1, { refunds: id })),
    request('5', line(1, 'CREDIT_ADD', 0, { refunds: id })),
    request('6', line(2, 'CREDIT_ADD', -1, { refunds: id })),
    request('7', line(1, 'CREDIT_SPEND', 3, { captures: 1 })),
  )
  expect(answers.map(({ outcome }: { outcome: string }) => outcome)).toEqual([
    'not_reversible',
    'not_reversible',
    'entry_not_found',
    'refund_exceeded',
    'refund_exceeded',
    'entry_not_found',
    'hold_not_found',
  ])
  expect(await ledger.balance('e')).toMatchObject({ amount: 10 })
})
